// Batches (IRCv3 batch): lines that belong together are handed on together, nested ones within their parents. A multiline message
// becomes one message whose text has line ends.
import type { Message } from "./line";

export interface Batch {
	type: string;
	opener: Message;
	params: string[];
	items: Item[];
}
export type Item = Message | Batch;

export function isBatch(item: Item): item is Batch {
	return "items" in item;
}

// All messages of an item, depth first.
export function messagesOf(item: Item): Message[] {
	return isBatch(item) ? item.items.flatMap(messagesOf) : [item];
}

function multiline(batch: Batch): Message | null {
	const lines = batch.items.filter((i): i is Message => !isBatch(i));
	const first = lines[0];
	if (!first) return null;
	const text = lines.map((l, i) => (i && !("draft/multiline-concat" in l.tags) ? "\n" : "") + (l.params[1] ?? "")).join("");
	return { tags: batch.opener.tags, source: batch.opener.source || first.source, command: first.command,
		params: [batch.params[0] ?? first.params[0] ?? "", text] };
}

export class Batches {
	private open = new Map<string, Batch>();

	// Takes each message of a connection in order; gives what is complete and in no batch, or null.
	take(message: Message): Item | null {
		if (message.command === "BATCH") {
			const reference = message.params[0] ?? "";
			if (reference.startsWith("-")) return this.close(reference.slice(1));
			this.open.set(reference.slice(1), { type: message.params[1] ?? "", opener: message, params: message.params.slice(2), items: [] });
			return null;
		}
		return this.hand(message, message.tags["batch"]);
	}

	private close(reference: string): Item | null {
		const batch = this.open.get(reference);
		if (!batch) return null;
		this.open.delete(reference);
		const item = batch.type === "draft/multiline" ? multiline(batch) : batch;
		return item && this.hand(item, batch.opener.tags["batch"]);
	}

	private hand(item: Item, parent: string | undefined): Item | null {
		const batch = parent === undefined ? undefined : this.open.get(parent);
		if (!batch) return item;
		batch.items.push(item);
		return null;
	}
}
