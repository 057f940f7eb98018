/** How long a frame may be decoded without a callback for it (nothing composites the element) before it counts. */
const kUncalledMs = 600;

/** Calls back once when the element has a frame to show; returns the disposer. */
export function onFirstFrame(video: HTMLVideoElement, done: () => void): () => void {
  let over = false;
  let handle: number | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const stop = (): void => {
    over = true;
    if (handle !== null) video.cancelVideoFrameCallback(handle);
    if (timer !== null) clearTimeout(timer);
    video.removeEventListener('loadeddata', loaded);
    document.removeEventListener('visibilitychange', loaded);
  };
  const finish = (): void => {
    if (over) return;
    stop();
    done();
  };
  // A hidden page composites nothing, so requestVideoFrameCallback stays silent; decoded data has to do.
  const loaded = (): void => {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    if (document.hidden || !('requestVideoFrameCallback' in video)) finish();
    else timer ??= setTimeout(finish, kUncalledMs);
  };
  if ('requestVideoFrameCallback' in video) handle = video.requestVideoFrameCallback(finish);
  video.addEventListener('loadeddata', loaded);
  document.addEventListener('visibilitychange', loaded);
  loaded();
  return stop;
}
