// Sending: what was written is shown at once, sent when the connection is there, and done when its echo comes back. After a connection
// that broke, what has no echo is looked for in the history before it is sent again: nothing is lost, and nothing is said twice.
import { compose, lineBytes, textOf, type Unit } from "./irc/compose";
import { capValue } from "./irc/caps";
import type { Session } from "./irc/session";
import type { Event } from "./state/events";
import { failureIn } from "./state/interpret";
import type { Entry, Pending, State } from "./state/model";

export interface Host {
	session: Session;
	state(): State;
	dispatch(...events: Event[]): void;
	now(): number;
}

export class Outbox {
	private units = new Map<string, Unit>(); // by label
	private ready = new Set<string>(); // conversations that are caught up

	constructor(private host: Host) {}

	say(key: string, text: string, options: { reply?: string; action?: boolean } = {}): void {
		const { session, dispatch, now } = { ...this.host, now: this.host.now, dispatch: this.host.dispatch.bind(this.host) };
		const c = this.host.state().conversations.get(key);
		if (!c) return;
		const multi = session.caps.get("draft/multiline");
		const limits = {
			lineBytes: lineBytes(session.nick || "x".repeat(32), "PRIVMSG", c.name) - (options.action ? 9 : 0),
			multiline: session.has("draft/multiline") && !options.action
				? { bytes: Number(capValue(multi, "max-bytes") ?? 4096), lines: Number(capValue(multi, "max-lines") ?? 24) } : null,
		};
		for (const unit of compose(text, limits)) {
			const pending: Pending = { label: session.label(), time: now(), text: textOf(unit), sent: false, ...options };
			this.units.set(pending.label, unit);
			dispatch({ type: "pend", key, pending });
			if (this.ready.has(key) && session.status === "online") this.transmit(key, c.name, pending);
		}
	}

	retry(key: string, p: Pending): void {
		const c = this.host.state().conversations.get(key);
		if (!c) return;
		this.host.dispatch({ type: "settle", key, label: p.label });
		const label = this.host.session.label();
		const again: Pending = { label, time: this.host.now(), text: p.text, sent: false, ...(p.reply ? { reply: p.reply } : {}), ...(p.action ? { action: true } : {}) };
		this.units.set(label, this.units.get(p.label) ?? [{ text: p.text, concat: false }]);
		this.units.delete(p.label);
		this.host.dispatch({ type: "pend", key, pending: again });
		if (this.ready.has(key) && this.host.session.status === "online") this.transmit(key, c.name, again);
	}

	discard(key: string, label: string): void {
		this.units.delete(label);
		this.host.dispatch({ type: "settle", key, label });
	}

	broke(): void {
		this.ready.clear();
	}

	// The conversation is up to date: what is in `page` was said, the rest is said now. Where the server cannot tell (`sure` is false), a
	// person decides.
	caughtUp(key: string, page: Entry[], sure: boolean): void {
		const c = this.host.state().conversations.get(key);
		if (!c) return;
		const own = page.filter((e) => e.self).map((e) => e.text);
		for (const p of c.pending) {
			const at = own.indexOf(p.text);
			if (p.error !== undefined) continue;
			if (p.sent && at >= 0) {
				own.splice(at, 1);
				this.discard(key, p.label);
			} else if (p.sent && !sure) {
				this.host.dispatch({ type: "settle", key, label: p.label, error: "" });
			} else {
				this.transmit(key, c.name, p);
			}
		}
		this.ready.add(key);
	}

	private transmit(key: string, name: string, p: Pending): void {
		const { session } = this.host;
		const unit = this.units.get(p.label) ?? [{ text: p.text, concat: false }];
		const tags: Record<string, string> = { ...(session.has("labeled-response") ? { label: p.label } : {}), ...(p.reply ? { "+draft/reply": p.reply } : {}) };
		const first = unit[0]?.text ?? "";
		const answer = session.has("labeled-response") ? session.answer(p.label) : null;
		this.host.dispatch({ type: "settle", key, label: p.label, sent: true });
		if (unit.length === 1) session.sendTagged(tags, "PRIVMSG", name, p.action ? `\x01ACTION ${first}\x01` : first);
		else this.batch(name, p.label, tags, unit);
		if (!answer) return this.said(key, p);
		void answer.then((items) => {
			const error = items && failureIn(items);
			if (error !== undefined && error !== null) this.host.dispatch({ type: "settle", key, label: p.label, error: error || "?" });
			else if (items && !session.has("echo-message")) this.said(key, p);
			else if (items) this.units.delete(p.label);
		});
	}

	private batch(name: string, label: string, tags: Record<string, string>, unit: Unit): void {
		const { session } = this.host;
		session.sendTagged(tags, "BATCH", `+m${label}`, "draft/multiline", name);
		for (const l of unit) session.sendTagged({ batch: `m${label}`, ...(l.concat ? { "draft/multiline-concat": "" } : {}) }, "PRIVMSG", name, l.text);
		session.send("BATCH", `-m${label}`);
	}

	// Without an echo the message counts as said when it is sent.
	private said(key: string, p: Pending): void {
		const c = this.host.state().conversations.get(key);
		this.units.delete(p.label);
		if (c) this.host.dispatch({ type: "entry", key, name: c.name, kind: c.kind, label: p.label, entry: { key: `own${p.label}`,
			kind: p.action ? "action" : "message", time: this.host.now(), nick: this.host.session.nick, text: p.text, self: true } });
	}
}
