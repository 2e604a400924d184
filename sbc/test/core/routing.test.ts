import assert from 'node:assert/strict';
import type { AccessCode, ExtensionGroup, LegOrigin } from '@yixian/contracts';
import { compileOutbound, directionOf, type RoutingView, route, routeForHotline } from '../../src/core/routing.js';
import { extension, trunk } from '../support/fake-directory.js';

const codes: AccessCode[] = [
  { number: '12320', target: { kind: 'toFlow', flowId: 'main' }, name: 'Hotline', enabled: true },
  { number: '12321', target: { kind: 'toFlow', flowId: 'old' }, name: 'Retired', enabled: false },
  { number: '12322', target: { kind: 'toExtension', extension: '1001' }, name: 'Direct', enabled: true },
  { number: '12323', target: { kind: 'toTrunk', trunkId: 'demo', number: '01088888888' }, name: 'Forward', enabled: true },
  { number: '12324', target: { kind: 'reject', reason: 'busy' }, name: 'Closed', enabled: true },
  { number: '1003', target: { kind: 'toFlow', flowId: 'shadow' }, name: 'Shadows an extension', enabled: true },
];
const extensions = [
  extension('1001'),
  extension('1002'),
  extension('1003'),
  extension('1009', { enabled: false }),
  extension('2001', { outboundAllowed: false }),
];
const groups: ExtensionGroup[] = [{ number: '6000', name: 'Desk', members: ['1001', '1002'], mode: 'ring-all' }];
const trunks = [
  trunk({ id: 'first' }),
  trunk({ id: 'second', outboundNumbers: ['1\\d{10}'] }),
  trunk({ id: 'off', enabled: false }),
  trunk({ id: 'inbound-only', outboundUri: null }),
];
const view: RoutingView = {
  accessCode: (n) => codes.find((c) => c.number === n),
  extension: (n) => extensions.find((e) => e.number === n),
  group: (n) => groups.find((g) => g.number === n),
  isAgent: (n) => n.startsWith('1'),
  outboundTrunks: compileOutbound(trunks).trunks,
};
const fromTrunk: LegOrigin = { kind: 'trunk', trunkId: 'first' };
const from = (number: string): LegOrigin => ({ kind: 'extension', extension: number });

function reasonOf(dialled: string, origin: LegOrigin): string {
  const target = route(view, dialled, origin);
  return target.kind === 'reject' ? `${target.reason}: ${target.text}` : target.kind;
}

describe('routing', () => {
  it('an access code reaches its flow, from a trunk and from an extension alike', () => {
    for (const origin of [fromTrunk, from('1001')]) assert.deepEqual(route(view, '12320', origin), { kind: 'toFlow', flowId: 'main' });
  });

  it('an access code goes before an extension of the same number', () => {
    assert.deepEqual(route(view, '1003', fromTrunk), { kind: 'toFlow', flowId: 'shadow' });
  });

  it('access codes may lead to an extension, a trunk or a refusal', () => {
    assert.deepEqual(route(view, '12322', fromTrunk), { kind: 'toExtension', extension: '1001' });
    assert.deepEqual(route(view, '12323', fromTrunk), { kind: 'toTrunk', number: '01088888888', trunkIds: ['demo'] });
    assert.equal(reasonOf('12324', fromTrunk), 'busy: access code 12324 refuses calls');
  });

  it('a disabled access code or extension is an unknown number', () => {
    assert.equal(reasonOf('12321', fromTrunk), 'unknown-number: no access code or extension 12321');
    assert.equal(reasonOf('1009', fromTrunk), 'unknown-number: no access code or extension 1009');
  });

  it('an extension reaches an extension; itself it finds busy', () => {
    assert.deepEqual(route(view, '1002', from('1001')), { kind: 'toExtension', extension: '1002' });
    assert.equal(reasonOf('1001', from('1001')), 'busy: 1001 called itself');
  });

  it('an outside number goes to every enabled trunk whose rules allow it, in the directory’s order', () => {
    assert.deepEqual(route(view, '13800138000', from('1001')), { kind: 'toTrunk', number: '13800138000', trunkIds: ['first', 'second'] });
    assert.deepEqual(route(view, '01088888888', from('1001')), { kind: 'toTrunk', number: '01088888888', trunkIds: ['first'] });
    assert.deepEqual(route(view, '138-0013-8000', from('1001')), { kind: 'toTrunk', number: '13800138000', trunkIds: ['first', 'second'] });
  });

  it('an extension without the right to call out is forbidden what others may dial', () => {
    assert.equal(reasonOf('13800138000', from('2001')), 'forbidden: 2001 may not call over trunks');
    assert.equal(reasonOf('999', from('2001')), 'unknown-number: no access code, extension or trunk for 999');
  });

  it('a caller on a trunk never reaches a trunk by dialling (toll fraud)', () => {
    assert.equal(reasonOf('13800138000', fromTrunk), 'unknown-number: no access code or extension 13800138000');
  });

  it('agents set their state by feature code; others and trunks may not', () => {
    assert.deepEqual(route(view, '*11', from('1001')), { kind: 'feature', feature: { do: 'state', state: 'ready' } });
    assert.deepEqual(route(view, '*12', from('1001')), { kind: 'feature', feature: { do: 'state', state: 'not-ready' } });
    assert.deepEqual(route(view, '*10', from('1001')), { kind: 'feature', feature: { do: 'state', state: 'offline' } });
    assert.equal(reasonOf('*11', from('2001')), 'forbidden: feature code *11: 2001 is not an agent');
    assert.equal(reasonOf('*11', fromTrunk), 'unknown-number: no access code or extension *11');
    assert.equal(reasonOf('*99', from('1001')), 'unknown-number: no feature code *99');
  });

  it('a seat is chosen by *13 and a number, and taken back by *14; agents only', () => {
    assert.deepEqual(route(view, '*1313800138000', from('1001')), { kind: 'feature', feature: { do: 'seat', number: '13800138000' } });
    assert.deepEqual(route(view, '*13(010)8888-8888', from('1001')), { kind: 'feature', feature: { do: 'seat', number: '01088888888' } });
    assert.deepEqual(route(view, '*14', from('1001')), { kind: 'feature', feature: { do: 'seat', number: null } });
    assert.equal(reasonOf('*13', from('1001')), 'unknown-number: no feature code *13');
    assert.equal(reasonOf('*1313800138000', from('2001')), 'forbidden: feature code *1313800138000: 2001 is not an agent');
    assert.equal(reasonOf('*1313800138000', fromTrunk), 'unknown-number: no access code or extension *1313800138000');
  });

  it('calls are picked up and retrieved by code, from any extension', () => {
    assert.deepEqual(route(view, '*8', from('2001')), { kind: 'feature', feature: { do: 'pick-up', extension: null } });
    assert.deepEqual(route(view, '*81002', from('2001')), { kind: 'feature', feature: { do: 'pick-up', extension: '1002' } });
    assert.deepEqual(route(view, '*5701', from('2001')), { kind: 'feature', feature: { do: 'retrieve', slot: '701' } });
    assert.equal(reasonOf('*5', from('2001')), 'unknown-number: no feature code *5');
  });

  it('a group number rings the group, from a trunk and from an extension alike, after codes and extensions', () => {
    for (const origin of [fromTrunk, from('1001')]) assert.deepEqual(route(view, '6000', origin), { kind: 'toGroup', number: '6000' });
  });

  it('the hotline’s own calls ask nobody’s rights, but the trunks’ rules', () => {
    assert.deepEqual(routeForHotline(view, '13800138000'), { kind: 'toTrunk', number: '13800138000', trunkIds: ['first', 'second'] });
    assert.deepEqual(routeForHotline(view, '6000'), { kind: 'toGroup', number: '6000' });
    assert.deepEqual(routeForHotline(view, '1001'), { kind: 'toExtension', extension: '1001' });
    assert.equal(routeForHotline(view, '00999').kind, 'reject');
  });

  it('what is dialled never decides more than a look-up', () => {
    for (const odd of ['', ' ', '__proto__', '1'.repeat(5000), '13800138000@evil', '🙂']) {
      assert.match(reasonOf(odd, from('1001')), /^unknown-number/);
      assert.match(reasonOf(odd, fromTrunk), /^unknown-number/);
    }
  });

  it('a rule that cannot be used is left out and named, the trunk’s other rules stay', () => {
    const compiled = compileOutbound([trunk({ id: 'mixed', outboundNumbers: ['(\\d+)+', '1\\d{10}'] })]);
    assert.equal(compiled.trunks[0]?.rules.length, 1);
    assert.equal(compiled.problems[0]?.trunkId, 'mixed');
    assert.match(compiled.problems[0]?.message ?? '', /too many ways/);
  });

  it('direction: from a trunk inbound, over a trunk outbound, else internal', () => {
    assert.equal(directionOf(fromTrunk, route(view, '12323', fromTrunk)), 'inbound');
    assert.equal(directionOf(from('1001'), route(view, '13800138000', from('1001'))), 'outbound');
    assert.equal(directionOf(from('1001'), route(view, '1002', from('1001'))), 'internal');
    assert.equal(directionOf(from('1001'), route(view, '12320', from('1001'))), 'internal');
  });
});
