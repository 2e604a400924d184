import { CaretRightOutlined, DownloadOutlined, PauseOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Flex, Segmented, Skeleton, Slider, Typography, theme } from 'antd';
import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, get, withQuery } from '../app/api.js';
import { clockText } from '../app/time.js';
import { useFailure } from '../app/use-failure.js';
import { Failed } from '../components/Failed.js';
import { saveBlob, useBlobUrl } from './blob.js';

interface Waveform {
  durationSeconds: number;
  /** Caller, agent. */
  peaks: number[][];
  pauses: { from: number; to: number | null }[];
}

const POINTS = 600;
const LANE = 44;
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** Loudness as a closed outline around the middle of the lane. */
function outline(peaks: readonly number[], middle: number): string {
  const half = LANE / 2 - 2;
  const upper = peaks.map((peak, i) => `${i},${middle - Math.max(0.5, peak * half)}`);
  const lower = peaks.map((peak, i) => `${i},${middle + Math.max(0.5, peak * half)}`).reverse();
  return `M${[...upper, ...lower].join('L')}Z`;
}

function Outline({ waveform, at, onSeek }: { waveform: Waveform; at: number; onSeek(seconds: number): void }) {
  const { t } = useTranslation('archive');
  const { token } = theme.useToken();
  const clip = useId();
  const { peaks, durationSeconds, pauses } = waveform;
  const width = Math.max(1, peaks[0]?.length ?? 1);
  const height = LANE * Math.max(1, peaks.length);
  const x = (seconds: number): number => (durationSeconds > 0 ? (width * seconds) / durationSeconds : 0);
  const colours = [token.colorPrimary, token.colorWarningText];
  return (
    <Flex gap={8}>
      <Flex vertical style={{ width: 36, flex: 'none', fontSize: 12 }}>
        {peaks.map((_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a channel has no name but its place
          <div key={i} style={{ height: LANE, lineHeight: `${LANE}px` }}>
            {t(peaks.length === 1 ? 'player.both' : i === 0 ? 'player.caller' : 'player.agent')}
          </div>
        ))}
      </Flex>
      {/* the slider below does the same with keys */}
      <svg
        data-testid="waveform"
        aria-hidden="true"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        style={{ width: '100%', height, cursor: 'pointer', background: token.colorFillQuaternary, borderRadius: 4 }}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          onSeek((durationSeconds * (event.clientX - box.left)) / box.width);
        }}
      >
        <clipPath id={clip}>
          <rect x={0} y={0} width={x(at)} height={height} />
        </clipPath>
        {pauses.map((pause) => (
          <rect
            key={pause.from}
            x={x(pause.from)}
            y={0}
            width={Math.max(1, x(pause.to ?? durationSeconds) - x(pause.from))}
            height={height}
            fill={token.colorFillSecondary}
          />
        ))}
        {peaks.map((channel, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a channel has no name but its place
          <g key={i}>
            <path d={outline(channel, LANE * (i + 0.5))} fill={colours[i] ?? token.colorPrimary} opacity={0.45} />
            <path d={outline(channel, LANE * (i + 0.5))} fill={colours[i] ?? token.colorPrimary} clipPath={`url(#${clip})`} />
          </g>
        ))}
        <line x1={x(at)} x2={x(at)} y1={0} y2={height} stroke={token.colorText} vectorEffect="non-scaling-stroke" />
      </svg>
    </Flex>
  );
}

/** Plays what stands at `<path>/audio`; with `outlined`, over the outline of both channels. */
export function Player({ path, name, outlined = false }: { path: string; name: string; outlined?: boolean }) {
  const { t } = useTranslation('archive');
  const fail = useFailure();
  const { url, error, loading } = useBlobUrl(`${path}/audio`);
  const waveform = useQuery({
    queryKey: ['waveform', path],
    queryFn: () => get<Waveform>(`${path}/waveform`, { points: POINTS }),
    enabled: outlined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const audio = useRef<HTMLAudioElement>(null);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  useEffect(() => {
    if (audio.current) audio.current.playbackRate = speed;
  }, [speed]);
  const seek = (seconds: number): void => {
    if (audio.current) audio.current.currentTime = seconds;
    setAt(seconds);
  };
  const toggle = (): void => {
    const element = audio.current;
    if (!element) return;
    if (element.paused) void element.play().catch(fail);
    else element.pause();
  };
  if (error) return <Failed error={error} />;
  if (loading) return <Skeleton active paragraph={{ rows: 2 }} title={false} />;
  return (
    <Flex vertical gap={8} data-testid="player">
      {/* biome-ignore lint/a11y/useMediaCaption: a telephone call has no text */}
      <audio
        ref={audio}
        src={url}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          setLength(event.currentTarget.duration);
          event.currentTarget.playbackRate = speed;
        }}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
      />
      {waveform.data ? <Outline waveform={waveform.data} at={at} onSeek={seek} /> : null}
      <Flex gap={12} align="center" wrap>
        <Button
          type="primary"
          shape="circle"
          icon={playing ? <PauseOutlined /> : <CaretRightOutlined />}
          aria-label={t(playing ? 'player.pause' : 'player.play')}
          onClick={toggle}
        />
        <Slider
          style={{ flex: '1 1 140px' }}
          min={0}
          max={Math.max(length, 0.1)}
          step={0.1}
          value={at}
          onChange={seek}
          tooltip={{ formatter: (value) => clockText(1000 * (value ?? 0)) }}
          ariaLabelForHandle={t('player.position')}
        />
        <Typography.Text style={{ fontVariantNumeric: 'tabular-nums' }}>
          {clockText(1000 * at)} / {clockText(1000 * length)}
        </Typography.Text>
        <Segmented
          size="small"
          aria-label={t('player.speed')}
          value={speed}
          onChange={setSpeed}
          options={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
        />
        <Button
          icon={<DownloadOutlined />}
          onClick={() => void download(withQuery(`${path}/audio`, { download: true })).then((blob) => saveBlob(blob, name), fail)}
        >
          {t('player.download')}
        </Button>
      </Flex>
    </Flex>
  );
}
