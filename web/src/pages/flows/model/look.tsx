import {
  ApiOutlined,
  AudioOutlined,
  BranchesOutlined,
  CalculatorOutlined,
  CarOutlined,
  ClockCircleOutlined,
  CustomerServiceOutlined,
  EditOutlined,
  FormOutlined,
  GlobalOutlined,
  MenuOutlined,
  NodeIndexOutlined,
  NumberOutlined,
  PhoneOutlined,
  PoweroffOutlined,
  RetweetOutlined,
  RollbackOutlined,
  SmileOutlined,
  SolutionOutlined,
  SoundOutlined,
  StarOutlined,
  SwapOutlined,
  TeamOutlined,
  VerticalAlignTopOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';

export type Group = 'speak' | 'decide' | 'people' | 'other';
export const GROUPS: readonly Group[] = ['speak', 'decide', 'people', 'other'];

const LOOKS: Record<string, { group: Group; icon: ReactNode }> = {
  play: { group: 'speak', icon: <SoundOutlined /> },
  say: { group: 'speak', icon: <NumberOutlined /> },
  menu: { group: 'speak', icon: <MenuOutlined /> },
  collect: { group: 'speak', icon: <FormOutlined /> },
  survey: { group: 'speak', icon: <SmileOutlined /> },
  voicemail: { group: 'speak', icon: <AudioOutlined /> },
  'record-message': { group: 'speak', icon: <AudioOutlined /> },
  language: { group: 'speak', icon: <GlobalOutlined /> },
  branch: { group: 'decide', icon: <BranchesOutlined /> },
  schedule: { group: 'decide', icon: <ClockCircleOutlined /> },
  'caller-list': { group: 'decide', icon: <SolutionOutlined /> },
  expression: { group: 'decide', icon: <CalculatorOutlined /> },
  'set-variable': { group: 'decide', icon: <EditOutlined /> },
  'http-request': { group: 'decide', icon: <ApiOutlined /> },
  priority: { group: 'decide', icon: <VerticalAlignTopOutlined /> },
  'skill-requirement': { group: 'decide', icon: <StarOutlined /> },
  loop: { group: 'decide', icon: <RetweetOutlined /> },
  'sub-flow': { group: 'decide', icon: <NodeIndexOutlined /> },
  return: { group: 'decide', icon: <RollbackOutlined /> },
  hangup: { group: 'decide', icon: <PoweroffOutlined /> },
  queue: { group: 'people', icon: <TeamOutlined /> },
  callback: { group: 'people', icon: <PhoneOutlined /> },
  transfer: { group: 'people', icon: <SwapOutlined /> },
  park: { group: 'people', icon: <CarOutlined /> },
};

export const lookOf = (type: string): { group: Group; icon: ReactNode } =>
  LOOKS[type] ?? { group: 'other', icon: <CustomerServiceOutlined /> };
