// Every party is in a room (a conference) of its media server: alone, or with all it hears and is heard by. Who of a room hears whom is
// told by relationships. Rooms are chosen so that as few as possible have to move, and nobody who is being played to.

/** Who hears whom; a party named nowhere hears nobody and is heard by nobody. */
export type Hearing = ReadonlyMap<string, ReadonlySet<string>>;

export interface Placed {
  id: string;
  /** The room it is in; undefined in none yet. */
  room: string | undefined;
  /** A move would cut what is played to it. */
  playing: boolean;
}

export interface RoomPlan {
  /** Who has to be in which room. Only those who have to move. */
  moves: { id: string; room: string }[];
  /** Per room of several: who must not hear whom, as listener and speaker. */
  deaf: Map<string, (readonly [listener: string, speaker: string])[]>;
  /** Per room of several: whom nobody must hear. */
  unheard: Map<string, string[]>;
}

/** @param newRoom makes a name no room has had before */
export function planRooms(parties: readonly Placed[], hearing: Hearing, newRoom: () => string): RoomPlan {
  const plan: RoomPlan = { moves: [], deaf: new Map(), unheard: new Map() };
  const taken = new Set<string>();
  const groups = groupsOf(parties, hearing).sort((a, b) => weight(b) - weight(a));
  for (const group of groups) {
    const room = bestRoom(group, taken) ?? (group.length > 1 || group[0]?.room !== undefined ? newRoom() : undefined);
    if (room === undefined) continue;
    taken.add(room);
    for (const party of group) if (party.room !== room) plan.moves.push({ id: party.id, room });
    if (group.length < 2) continue;
    plan.deaf.set(room, deafPairs(group, hearing));
    plan.unheard.set(
      room,
      group.flatMap(({ id }) => (group.some((other) => hearing.get(other.id)?.has(id)) ? [] : [id])),
    );
  }
  return plan;
}

function weight(group: readonly Placed[]): number {
  return group.length + (group.some((p) => p.playing) ? 1_000 : 0);
}

/** The room most of the group are in already, those who are played to first. */
function bestRoom(group: readonly Placed[], taken: ReadonlySet<string>): string | undefined {
  const votes = new Map<string, number>();
  for (const { room, playing } of group) {
    if (room !== undefined && !taken.has(room)) votes.set(room, (votes.get(room) ?? 0) + (playing ? 1_000 : 1));
  }
  let best: string | undefined;
  for (const [room, count] of votes) if (best === undefined || count > (votes.get(best) ?? 0)) best = room;
  return best;
}

function groupsOf(parties: readonly Placed[], hearing: Hearing): Placed[][] {
  const byId = new Map(parties.map((p) => [p.id, p]));
  const near = new Map<string, Set<string>>(parties.map((p) => [p.id, new Set()]));
  for (const [listener, heard] of hearing) {
    for (const speaker of heard) {
      near.get(listener)?.add(speaker);
      near.get(speaker)?.add(listener);
    }
  }
  const seen = new Set<string>();
  const groups: Placed[][] = [];
  for (const { id } of parties) {
    if (seen.has(id)) continue;
    const group: Placed[] = [];
    const open = [id];
    seen.add(id);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const party = byId.get(next);
      if (party) group.push(party);
      for (const other of near.get(next) ?? []) {
        if (seen.has(other) || !byId.has(other)) continue;
        seen.add(other);
        open.push(other);
      }
    }
    groups.push(group);
  }
  return groups;
}

function deafPairs(group: readonly Placed[], hearing: Hearing): (readonly [string, string])[] {
  return group.flatMap(({ id: listener }) =>
    group.flatMap(({ id: speaker }) => (listener === speaker || hearing.get(listener)?.has(speaker) ? [] : [[listener, speaker] as const])),
  );
}
