// The messages of a conversation: of 50,000 rows, those near the window are drawn. What the person looks at stays where it is while rows
// above it come, go or turn out higher than guessed: the list holds on to a row (the anchor), not to a scroll position.
import { Component } from "preact";
import type { App } from "../app";
import { t } from "../lang";
import type { Conversation, Entry, State } from "../state/model";
import { findById, indexAt } from "../state/timeline";
import { fold } from "../irc/line";
import { Layout } from "./layout";
import { sameDay } from "./looks";
import { PendingRow, Row, type RowActions } from "./row";

const GROUP_MS = 300_000; // messages of one person within it stand under one head
const BOTTOM = 24; // pixels from the end that still count as the end
const AHEAD = 800; // pixels drawn above and below what is seen
const EAGER = 20; // rows from the top at which older ones are asked for

interface Props {
	app: App;
	state: State;
	c: Conversation;
	language: string;
	pictures: boolean;
	now: number; // midnight before now
	actions: RowActions;
	onBottom: (bottom: boolean) => void;
}
interface Drawn {
	tick: number;
	selected: string; // the row with the focus
	hot: string; // the row under the pointer
}
interface Anchor {
	key: string;
	at: number; // where the entry was last seen
	delta: number; // where the row begins, in pixels below the upper edge
}

export class MessageList extends Component<Props, Drawn> {
	override state: Drawn = { tick: 0, selected: "", hot: "" };
	private layout = new Layout();
	private box: HTMLDivElement | null = null;
	private anchor: Anchor | null = null; // null: holds on to the end
	private range: [number, number] = [0, 0];
	private observer: ResizeObserver | null = null;
	private width = 0; // of the box, and its height, as the observer saw them: to ask for them lays out the page
	private view = 800;
	private found = new Map<string, Entry>(); // messages that were replied to
	private keysOf: Entry[] | null = null;
	private bottom = true;
	private lastTop = 0; // the scroll position that the anchor stands for

	constructor(props: Props) {
		super(props);
		this.keys(props.c);
		if (props.c.divider) this.hold(indexAt(props.c.entries, props.c.divider + 1), 120);
	}

	override shouldComponentUpdate(p: Props, s: Drawn): boolean {
		const o = this.props;
		return s !== this.state || p.c.entries !== o.c.entries || p.c.pending !== o.c.pending || p.c.reactions !== o.c.reactions || p.c.divider !== o.c.divider ||
			p.c.complete !== o.c.complete || p.c.loading !== o.c.loading || p.state.people !== o.state.people || p.state.nick !== o.state.nick ||
			p.state.status !== o.state.status || p.language !== o.language || p.pictures !== o.pictures || p.now !== o.now;
	}

	private keys(c: Conversation): void {
		if (this.keysOf === c.entries) return;
		this.keysOf = c.entries;
		this.layout.setRows(c.entries);
	}

	// From now on the row of an entry stays where it is: `delta` pixels below the upper edge.
	private hold(at: number, delta: number): void {
		const entry = (this.keysOf ?? [])[at];
		if (entry) this.anchor = { key: entry.key, at, delta };
	}

	// Where the anchor's entry is now; -1: it is gone.
	private held(anchor: Anchor): number {
		const { entries } = this.props.c;
		if (entries[anchor.at]?.key !== anchor.key) anchor.at = entries.findIndex((e) => e.key === anchor.key);
		return anchor.at;
	}

	override componentDidMount(): void {
		this.observer = new ResizeObserver(() => {
			if (this.box && this.box.clientWidth !== this.width) this.layout.forget();
			this.look();
			this.settle();
		});
		this.look();
		if (this.box) this.observer.observe(this.box);
		this.setState((s) => ({ ...s, tick: s.tick + 1 }));
	}

	private look(): void {
		this.width = this.box?.clientWidth ?? 0;
		this.view = this.box?.clientHeight ?? 800;
	}

	override componentWillUnmount(): void {
		this.observer?.disconnect();
	}

	override componentDidUpdate(): void {
		this.settle();
	}

	// Measures what was drawn, and puts the anchor back to where it was. First everything is read, then written: each change between two
	// readings would make the browser lay out the page once more.
	private settle(): void {
		const box = this.box;
		if (!box) return;
		const [was, head] = [box.scrollTop, this.headHeight()];
		let fresh = false;
		let at = this.range[0];
		for (const row of box.querySelectorAll<HTMLElement>(".row:not(.pending)"))
			if (this.layout.measure(at++, row.getBoundingClientRect().height)) fresh = true;
		this.space(box);
		this.restore(box, was, head);
		if (fresh && !this.covers()) this.setState((s) => ({ ...s, tick: s.tick + 1 }));
		this.need();
		const bottom = this.anchor === null;
		if (bottom !== this.bottom || bottom) this.props.onBottom((this.bottom = bottom));
	}

	// The heights of what stands for the rows that are not drawn.
	private space(box: HTMLDivElement): void {
		const [above, below] = [this.layout.top(this.range[0]), this.layout.total() - this.layout.top(this.range[1])].map((h) => `${h.toFixed(2)}px`);
		for (const [name, height] of [["above", above], ["below", below]] as const) {
			const style = box.querySelector<HTMLElement>(`.${name}`)?.style;
			if (style && height && style.height !== height) style.height = height;
		}
	}

	private restore(box: HTMLDivElement, was: number, head: number): void {
		const at = this.scrollTop();
		const goal = at === null ? box.scrollHeight - box.clientHeight : Math.max(0, at + head);
		this.lastTop = was;
		if (Math.abs(was - goal) <= 0.5) return;
		box.scrollTop = goal;
		this.lastTop = box.scrollTop;
	}

	private headHeight(): number {
		return this.box?.querySelector<HTMLElement>(".top")?.offsetHeight ?? 0;
	}

	// Where the anchor says that the window is, within the rows; null: at the end.
	private scrollTop(): number | null {
		if (!this.anchor) return null;
		const at = this.held(this.anchor);
		return at < 0 ? this.lastTop - this.headHeight() : this.layout.top(at) - this.anchor.delta;
	}

	private wanted(ahead = AHEAD): [number, number] {
		return this.layout.range(this.scrollTop() ?? this.layout.total() - this.view, this.view, ahead);
	}

	// Whether what was drawn is enough, although its rows turned out higher or lower than guessed: there is some more on both sides.
	private covers(): boolean {
		const [first, end] = this.wanted(AHEAD / 4);
		return this.range[0] <= first && this.range[1] >= end;
	}

	// The anchor for where the person has scrolled to.
	private follow(box: HTMLDivElement): void {
		this.lastTop = box.scrollTop;
		const y = box.scrollTop - this.headHeight();
		if (box.scrollHeight - box.scrollTop - box.clientHeight < BOTTOM) {
			this.anchor = null;
		} else {
			const entries = this.keysOf ?? [];
			let at = Math.min(this.layout.at(Math.max(0, y)) + 1, entries.length - 1); // not the upper one, which may lose its head or its day
			while (at < entries.length - 1 && entries[at]?.kind === "gap") at++;
			this.hold(at, this.layout.top(at) - y);
		}
	}

	private onScroll = (): void => {
		if (!this.box) return;
		this.follow(this.box);
		if (this.wanted().join() !== this.range.join()) this.setState((s) => ({ ...s, tick: s.tick + 1 }));
		this.need();
		if (this.bottom !== (this.anchor === null)) this.props.onBottom((this.bottom = this.anchor === null));
	};

	// Asks for what is missing near the window.
	private need(): void {
		const { app, c } = this.props;
		if (c.kind === "server" || c.loading) return;
		const top = this.scrollTop() ?? this.layout.total() - this.view;
		const [first, last] = [this.layout.at(top), this.layout.at(top + this.view)];
		if (first < EAGER && !c.complete) void app.history.older(c.key);
		for (let i = Math.max(0, first - 5); i <= last + 5 && i < c.entries.length; i++) {
			const e = c.entries[i];
			if (e?.kind === "gap") void app.history.fill(c.key, e.key, i <= first + 1 || this.anchor === null);
		}
	}

	// ---- for others

	toEnd(): void {
		this.anchor = null;
		this.lastTop = this.box?.scrollTop ?? 0;
		this.setState((s) => ({ ...s, tick: s.tick + 1 }));
	}

	// Brings an entry into the window and gives it the focus; false: it is not loaded.
	showEntry(at: number): boolean {
		const entry = this.props.c.entries[at];
		if (!entry) return false;
		this.keys(this.props.c);
		this.hold(at, this.view / 3);
		this.lastTop = this.box?.scrollTop ?? 0;
		this.setState((s) => ({ tick: s.tick + 1, selected: entry.key }), () => requestAnimationFrame(() => this.focus(entry.key, true)));
		return true;
	}

	show(id: string): boolean {
		return this.showEntry(findById(this.props.c.entries, id));
	}

	focusLast(): void {
		const { entries } = this.props.c;
		const last = entries[entries.length - 1];
		if (last) this.setState({ selected: last.key }, () => this.focus(last.key, false));
	}

	private focus(key: string, flash: boolean): void {
		const row = this.box?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
		row?.focus({ preventScroll: true });
		if (flash && row) {
			row.classList.add("flash");
			setTimeout(() => row.classList.remove("flash"), 1500);
		}
	}

	private onFocus = (e: FocusEvent): void => {
		const key = (e.target as HTMLElement).dataset["key"];
		if (key !== undefined && key !== this.state.selected) this.setState({ selected: key });
	};

	// What can be done with a message is drawn for the row that is pointed at, or has the focus: of hundreds of rows it would be most of the page.
	private onPointer = (e: Event): void => {
		const hot = (e.target as HTMLElement).closest<HTMLElement>(".row")?.dataset["key"] ?? "";
		if (hot !== this.state.hot) this.setState({ hot });
	};

	// Arrow keys walk from row to row; letters act on it.
	private onKey = (e: KeyboardEvent): void => {
		const { entries } = this.props.c;
		const key = (e.target as HTMLElement).dataset["key"];
		const at = entries.findIndex((x) => x.key === key);
		const entry = entries[at];
		if (e.ctrlKey || e.altKey || e.metaKey || !entry) return;
		const to = e.key === "ArrowUp" ? at - 1 : e.key === "ArrowDown" ? at + 1 : e.key === "Home" ? 0 : e.key === "End" ? entries.length - 1 : -1;
		if (e.key === "Escape" || (e.key === "ArrowDown" && to >= entries.length)) document.querySelector<HTMLElement>(".composer textarea")?.focus();
		else if (to >= 0 && entries[to]) this.walk(to);
		else if (e.key === "r" && entry.id) this.props.actions.reply(entry);
		else if (e.key === "e" && entry.id) this.props.actions.pick(entry);
		else if (e.key === "Delete" && entry.id) this.props.actions.redact(entry);
		else return;
		e.preventDefault();
	};

	private walk(to: number): void {
		const key = this.props.c.entries[to]?.key ?? "";
		const { view } = this;
		const top = this.scrollTop() ?? this.layout.total() - view;
		const [y, end] = [this.layout.top(to), this.layout.top(to + 1)];
		if (y < top) this.hold(to, 8);
		else if (end > top + view && to === this.props.c.entries.length - 1) this.anchor = null;
		else if (end > top + view) this.hold(to, view - (end - y) - 8);
		this.setState((s) => ({ tick: s.tick + 1, selected: key }), () => this.focus(key, false));
	}

	private parent(id: string | undefined): Entry | undefined {
		if (!id) return undefined;
		const known = this.found.get(id);
		if (known) return known;
		const entry = this.props.c.entries[findById(this.props.c.entries, id)];
		if (entry) this.found.set(id, entry);
		return entry;
	}

	private row(i: number, dividerAt: number) {
		const { app, c, state, language, pictures, now, actions } = this.props;
		const entry = c.entries[i] as Entry;
		const prev = c.entries[i - 1];
		const newDay = entry.kind !== "gap" && (!prev || !sameDay(prev.time, entry.time));
		const head = newDay || i === dividerAt || !prev || prev.nick !== entry.nick || entry.time - prev.time > GROUP_MS || prev.kind === "gap" ||
			entry.kind === "action" || prev.kind === "action" || entry.kind !== prev.kind || entry.reply !== undefined;
		const signs = c.members.get(fold(state.nick))?.signs ?? "";
		return <Row key={entry.key} entry={entry} head={head && entry.kind !== "action"} newDay={newDay} divider={i === dividerAt} now={now} nick={state.nick}
			person={state.people.get(fold(entry.nick))} reactions={entry.id ? c.reactions.get(entry.id) : undefined} parent={this.parent(entry.reply)}
			pictures={pictures} hot={entry.key === this.state.hot || entry.key === this.state.selected} current={entry.key === this.state.selected || (!this.state.selected && i === c.entries.length - 1)}
			canReact={app.session.has("message-tags") && state.status === "online"}
			canRedact={app.session.has("draft/message-redaction") && (!!entry.self || /[~&@]/.test(signs))} language={language} actions={actions} />;
	}

	render() {
		const { c, app, state } = this.props;
		if (this.box && Math.abs(this.box.scrollTop - this.lastTop) > 1) this.follow(this.box); // the event of that is still to come
		this.keys(c);
		this.range = this.wanted();
		if (this.box) this.space(this.box); // with the rows, so that both are one layout
		const dividerAt = c.divider ? indexAt(c.entries, c.divider + 1) : -1;
		const rows = [];
		for (let i = this.range[0]; i < this.range[1]; i++) rows.push(this.row(i, dividerAt));
		return <div class="list" ref={(e) => void (this.box = e)} onScroll={this.onScroll} onKeyDown={this.onKey} onFocusIn={this.onFocus} onPointerOver={this.onPointer} role="log" aria-live="off" aria-label={c.name} tabIndex={-1}>
			<div class="top">{c.complete && c.kind !== "server" && <p class="event">{c.entries.length ? t("beginning", { name: c.name }) : t("empty")}</p>}
				{!c.complete && c.kind !== "server" && c.loading && <p class="event">{t("loading")}</p>}</div>
			<div class="above" />
			{rows}
			<div class="below" />
			{c.pending.map((p) => <PendingRow key={p.label} pending={p} online={state.status === "online"}>
				{p.error !== undefined && <><button class="link" onClick={() => app.outbox.retry(c.key, p)}>{t("retry")}</button>{" "}
					<button class="link" onClick={() => app.outbox.discard(c.key, p.label)}>{t("discard")}</button></>}</PendingRow>)}
		</div>;
	}
}
