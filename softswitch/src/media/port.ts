export type {
  CodecName,
  Law,
  MediaEngine,
  MediaParameters,
  MediaPlayback,
  MediaRecording,
  MediaSession,
  MediaSessionEvents,
} from '@yixian/contracts';
