/** Path of the WebSocket on the console's origin. Signed in by the session cookie; `Origin` must be the console's. */
export const LIVE_PATH = '/live';
