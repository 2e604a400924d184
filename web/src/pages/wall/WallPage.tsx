export default function WallPage() {
  return <div className="wl-root" />;
}
