import { Alert, type AlertProps } from 'antd';
import { useErrorWords } from '../app/use-failure.js';

/** What could not be read or done, in the language of the page; the server's own words are the small print. */
export function Failed({ error, ...rest }: { error: unknown } & Pick<AlertProps, 'closable' | 'action'>) {
  const { text, detail } = useErrorWords()(error);
  return <Alert type="error" showIcon title={text} description={detail} {...rest} />;
}
