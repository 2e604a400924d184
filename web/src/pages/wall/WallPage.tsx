import '../supervise/live.css';
import './wall.css';
import { Route, Routes } from 'react-router';
import { WallEditor } from './WallEditor.js';
import { WallList } from './WallList.js';
import { WallView } from './WallView.js';

/** 大屏: the list, one on the wall, one being composed; each by its address. */
export default function WallPage() {
  return (
    <Routes>
      <Route index element={<WallList />} />
      <Route path=":id" element={<WallView />} />
      <Route path=":id/edit" element={<WallEditor />} />
    </Routes>
  );
}
