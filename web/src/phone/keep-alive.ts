import type { WebSocketInterface } from 'jssip';

// A WebSocket that hangs (another network, a dead switch on the way) is closed by nobody for many minutes: the page asks the hotline
// from time to time whether it hears (RFC 5626 §4.4.1: two line ends, answered by one), and gives the connection up when it does not.

const QUESTION = '\r\n\r\n';
const ANSWER_MS = 3_000;
/** A way that drops everything does not refuse either. */
const CONNECT_MS = 4_000;
/** A timer that comes so late tells that the page slept: what was answered meanwhile is still to be read. */
const OVERSLEPT_MS = 1_000;

export interface Liveness {
  /** Asks now. */
  check(): void;
}

/**
 * Makes JsSIP's socket notice a dead connection: told as closed, JsSIP connects anew.
 * @param pauseMs from an answer to the next question
 */
export function keepAlive(socket: WebSocketInterface, pauseMs: () => number, onDead: () => void): Liveness {
  const connect = socket.connect.bind(socket);
  const disconnect = socket.disconnect.bind(socket);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = false;

  function after(ms: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }
  function stop(): void {
    clearTimeout(timer);
    asked = false;
  }
  function dead(why: string): void {
    const told = socket.ondisconnect;
    socket.disconnect();
    told.call(socket, true, 4000, why);
    onDead();
  }
  function ask(): void {
    if (!socket.isConnected()) return;
    const since = Date.now();
    asked = true;
    socket.send(QUESTION);
    after(ANSWER_MS, () => {
      if (Date.now() - since > ANSWER_MS + OVERSLEPT_MS) ask();
      else dead('no sign of life');
    });
  }
  function heard(): void {
    asked = false;
    after(pauseMs(), ask);
  }

  socket.connect = () => {
    const { onconnect, ondisconnect, ondata } = socket;
    socket.onconnect = () => {
      heard();
      onconnect.call(socket);
    };
    socket.ondata = (data) => {
      ondata.call(socket, data);
      // After it: what has come may be a call, and the pause is shorter in one.
      heard();
    };
    socket.ondisconnect = (...how) => {
      stop();
      ondisconnect.apply(socket, how);
    };
    connect();
    after(CONNECT_MS, () => dead('not connected in time'));
  };
  socket.disconnect = () => {
    stop();
    disconnect();
  };
  return {
    check() {
      if (!asked) ask();
    },
  };
}
