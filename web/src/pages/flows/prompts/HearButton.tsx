import { PauseCircleOutlined, PlayCircleOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFailure } from '../../../app/use-failure.js';
import { play, stopPlaying, usePlaying } from './player.js';

interface Props {
  /** Tells this one from the others. */
  id: string;
  sources: readonly (() => Promise<Blob>)[];
  disabled?: boolean;
  /** What is heard, for those who cannot see it. */
  of?: string;
}

/** ▶ hears it in place, ⏸ stops. */
export function HearButton({ id, sources, disabled = false, of = '' }: Props) {
  const { t } = useTranslation('flows');
  const fail = useFailure();
  const playing = usePlaying() === id;
  return (
    <Button
      type="text"
      size="small"
      disabled={disabled}
      icon={playing ? <PauseCircleOutlined /> : <PlayCircleOutlined />}
      aria-label={`${playing ? t('prompt.stop') : t('prompt.hear')} ${of}`.trim()}
      onClick={() => (playing ? stopPlaying() : void play(id, sources).catch(fail))}
    />
  );
}
