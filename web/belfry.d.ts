/** What this browser lacks for web push, in words. @returns {Promise<Prerequisites>} */
export function check_prerequisites(): Promise<Prerequisites>;
/** Joins this page to its person; one connection a page. @param {Options} options @returns {Connection} */
export function connect(options: Options): Connection;
/** An error with a stable code, and words for the person at the screen. */
export class BelfryError extends Error {
    /** @param {string} code @param {string} message */
    constructor(code: string, message: string);
    code: string;
}
export type Connection = {
    /**
     * Asks for permission if need be, and registers this browser.
     */
    subscribe: () => Promise<{
        id: string;
    }>;
    /**
     * Ends the registration of this browser.
     */
    unsubscribe: () => Promise<void>;
    /**
     * Closes the live socket; notifications go on.
     */
    close: () => void;
    /**
     * What this browser lacks.
     */
    check: () => Promise<Prerequisites>;
    /**
     * "open", "closed", "subscribed", "notification", "opened", "close", "health_check", "error".
     * "opened": a notification was clicked; its `detail` has `url` and `conversation`. The page goes to that address unless
     * the event is cancelled (`preventDefault()`).
     */
    events: EventTarget;
};
export type Prerequisites = {
    ok: boolean;
    /**
     * In the order in which they should be mended.
     */
    missing: Array<{
        code: string;
        message: string;
    }>;
};
export type Options = {
    /**
     * Whose page this is.
     */
    person: string;
    /**
     * A JWT of the person, or what fetches a new one.
     */
    token?: string | (() => string | Promise<string>);
    /**
     * Where Belfry is; default: where this script came from.
     */
    api?: string;
    /**
     * Path of the worker's script; default: belfry-worker.js beside this file.
     */
    worker?: string;
    /**
     * Scope of the worker; default "/".
     */
    scope?: string;
    /**
     * Where a click on a notification that cannot be opened leads; default: this page.
     */
    desk?: string;
};
