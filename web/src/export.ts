// A conversation as a file of text: all of its history, which is asked page by page from the newest, and not loaded into the list.
import type { App } from "./app";
import { isText, type Conversation, type Entry } from "./state/model";
import { firstMessage, merge } from "./state/timeline";
import { plain } from "./text/format";

const MOST = 100_000; // messages in a file: the newest

export interface Exported {
	text: string;
	count: number;
	whole: boolean; // false: there is more, or the server stopped answering
}

function line(e: Entry): string {
	const who = e.kind === "action" ? `* ${e.nick}` : `<${e.nick}>`;
	return `${new Date(e.time).toISOString()} ${who} ${plain(e.text).replace(/\n/g, "\n    ")}\n`;
}

function written(entries: Entry[], whole: boolean): Exported {
	const said = entries.filter((e) => isText(e) && !e.redacted);
	return { text: said.map(line).join(""), count: said.length, whole };
}

// `progress` is told how many messages there are so far, and says whether to go on; null: it did not.
export async function exported(app: App, c: Conversation, progress: (count: number) => boolean, most = MOST): Promise<Exported | null> {
	const pages: Entry[][] = [];
	let [count, first, whole] = [0, undefined as string | undefined, !app.history.available()];
	while (!whole && count < most) {
		const page = await app.history.before(c, first);
		if (!progress(count += page?.entries.length ?? 0)) return null;
		const next = page && firstMessage(page.entries)?.id;
		if (!page) break;
		pages.push(page.entries);
		whole = !page.full || next === undefined || next === first;
		first = next ?? undefined;
	}
	const loaded = app.state().conversations.get(c.key)?.entries ?? []; // what only this page knows, and what came meanwhile
	const oldest = first === undefined ? undefined : pages[pages.length - 1]?.find((e) => e.id === first)?.time;
	const reached = loaded.filter((e) => whole || oldest === undefined || e.time >= oldest);
	return written(merge(reached, pages.reverse().flat()), whole);
}
