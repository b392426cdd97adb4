import { useApp } from '../app/useApp';
import { Generate } from './Generate';
import { Verify } from './Verify';

/** The tab 开发辅助工具. */
export function Tools() {
  const { data: app } = useApp();
  if (!app) return null;
  return (
    <div className="columns">
      <Generate sdkAppId={app.sdkAppId} />
      <Verify sdkAppId={app.sdkAppId} />
    </div>
  );
}
