import { Button } from 'antd';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface State {
  error: Error | undefined;
}

function Failed({ error }: { error: Error }) {
  const { t } = useTranslation();
  return (
    <div className="center" role="alert">
      <h1>{t('pageFailed')}</h1>
      <p>{error.message}</p>
      <Button type="primary" onClick={() => window.location.reload()}>
        {t('reload')}
      </Button>
    </div>
  );
}

/** A page that fails does not take the menu and the telephone with it. Another `page` is another try. */
export class ErrorBoundary extends Component<{ page: string; children: ReactNode }, State & { page: string }> {
  override state: State & { page: string } = { error: undefined, page: this.props.page };

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: { page: string }, state: State & { page: string }): (State & { page: string }) | null {
    return props.page === state.page ? null : { error: undefined, page: props.page };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('page failed', error, info.componentStack);
  }

  override render(): ReactNode {
    return this.state.error ? <Failed error={this.state.error} /> : this.props.children;
  }
}
