import { Alert, type AlertProps } from 'antd';
import { useErrorWords } from '../app/use-failure.js';

/** What could not be read or done, in the language of the page (`what`, where it is known better); the server's own words are the small print. */
export function Failed({ error, what, ...rest }: { error: unknown; what?: string | undefined } & Pick<AlertProps, 'closable' | 'action'>) {
  const { text, detail } = useErrorWords()(error);
  return <Alert type="error" showIcon title={what ?? text} description={detail} {...rest} />;
}
