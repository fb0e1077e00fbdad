// One row of a conversation: a message with what hangs on it, comings and goings, a gap.
import type { ComponentChildren } from "preact";
import { t } from "../lang";
import type { Entry, Pending, Person, Presence } from "../state/model";
import { plain } from "../text/format";
import { Icon } from "./icon";
import { memo } from "./memo";
import { clock, day, exact, nickClass } from "./looks";
import { Text } from "./text";

export interface RowActions {
	reply(entry: Entry): void;
	react(entry: Entry, reaction: string): void;
	pick(entry: Entry): void; // chooses a reaction
	redact(entry: Entry): void;
	show(id: string): void; // goes to a message
	person(nick: string): void;
	channel(name: string): void;
}

export interface RowProps {
	entry: Entry;
	head: boolean; // the first of several by one person
	newDay: boolean;
	divider: boolean;
	now: number; // of the day: for "today"
	nick: string;
	person: Person | undefined;
	reactions: Map<string, string[]> | undefined;
	parent: Entry | undefined;
	pictures: boolean;
	current: boolean; // has the tabulator's stop
	hot: boolean; // pointed at, or with the focus: what can be done with it is shown
	canReact: boolean;
	canRedact: boolean;
	language: string;
	actions: RowActions;
}

const PRESENCE = { join: "joined", part: "parted", quit: "quit", kick: "kicked", nick: "renamed" } as const;
const SHOWN = 6;

function presence(list: Presence[]): string {
	const groups: { what: Presence["what"]; who: string[]; detail: string }[] = [];
	for (const p of list) {
		const last = groups[groups.length - 1];
		if (last && last.what === p.what && (p.what === "join" || p.what === "part" || p.what === "quit")) last.who.push(p.nick);
		else groups.push({ what: p.what, who: [p.nick], detail: p.detail });
	}
	return groups.map((g) => {
		const who = g.who.slice(0, SHOWN).join(", ") + (g.who.length > SHOWN ? ` +${g.who.length - SHOWN}` : "");
		return t(PRESENCE[g.what], { who, detail: plain(g.detail) });
	}).join(" · ");
}

function Avatar({ nick, person, pictures }: { nick: string; person: Person | undefined; pictures: boolean }) {
	if (pictures && person?.avatar?.startsWith("https://"))
		return <img class="avatar" src={person.avatar.replace("{size}", "64")} alt="" referrerpolicy="no-referrer" loading="lazy" />;
	return <span class={`avatar ${nickClass(nick)}`} aria-hidden="true">{[...(person?.name || nick)][0]?.toUpperCase()}</span>;
}

function Reactions(p: RowProps) {
	if (!p.reactions?.size) return null;
	return <div class="reactions">{[...p.reactions].map(([r, who]) =>
		<button key={r} class={`reaction${who.includes(p.nick) ? " mine" : ""}`} title={who.join(", ")} disabled={!p.canReact}
			aria-pressed={who.includes(p.nick)} aria-label={t("reactedBy", { r, who: who.join(", ") })}
			onClick={() => p.actions.react(p.entry, r)}>{[...r].slice(0, 12).join("")} <span>{who.length}</span></button>)}</div>;
}

function Quote({ entry, parent, actions }: { entry: Entry; parent: Entry | undefined; actions: RowActions }) {
	return <button class="quote" onClick={() => actions.show(entry.reply ?? "")}>
		{parent ? <><b>{parent.nick}</b> {parent.redacted ? t("deleted") : plain(parent.text).slice(0, 160)}</> : t("missing")}</button>;
}

function Actions(p: RowProps) {
	if (!p.entry.id || p.entry.redacted) return null;
	const button = (label: string, sign: "react" | "reply" | "delete", act: () => void) =>
		<button type="button" class="icon" title={label} aria-label={label} tabIndex={-1} onClick={act}><Icon name={sign} /></button>;
	return <div class="actions">
		{p.canReact && button(t("react"), "react", () => p.actions.pick(p.entry))}
		{button(t("reply"), "reply", () => p.actions.reply(p.entry))}
		{p.canRedact && button(t("delete"), "delete", () => p.actions.redact(p.entry))}
	</div>;
}

function Body(p: RowProps) {
	const e = p.entry;
	if (e.redacted) return <p class="body gone">{t("deleted")}</p>;
	const text = <Text text={e.text} nick={e.self ? "" : p.nick} pictures={p.pictures} onChannel={p.actions.channel} />;
	return <div class="body" dir="auto">{e.kind === "action" && <b>{p.person?.name || e.nick} </b>}{text}</div>;
}

function MessageRow(p: RowProps) {
	const e = p.entry;
	const name = p.person?.name || e.nick;
	return <div class={`message ${e.kind}${p.head ? " lead" : ""}${e.mention ? " mention" : ""}${e.self ? " self" : ""}`}>
		<div class="gutter">{p.head ? <Avatar nick={e.nick} person={p.person} pictures={p.pictures} /> : <time aria-hidden="true">{clock(e.time)}</time>}</div>
		<div class="content">
			{p.head && <div class="by"><button class={`nick ${nickClass(e.nick)}`} onClick={() => p.actions.person(e.nick)} title={e.account ? `${e.nick} (${e.account})` : e.nick}>{name}</button>
				{name !== e.nick && <span class="dim">{e.nick}</span>}
				{e.status && <span class="dim">{t("onlyOperators")}</span>}
				<time title={exact(e.time)} dateTime={new Date(e.time).toISOString()}>{clock(e.time)}</time></div>}
			{e.reply && <Quote entry={e} parent={p.parent} actions={p.actions} />}
			<Body {...p} />
			<Reactions {...p} />
		</div>
		{p.hot && <Actions {...p} />}
	</div>;
}

function Content(p: RowProps) {
	const e = p.entry;
	if (e.kind === "gap") return <div class="event">{t("loading")}</div>;
	if (e.kind === "presence") return <div class="event">{presence(e.presence ?? [])}</div>;
	if (e.kind === "info") return <div class="event info">{e.info && e.info !== "said" ? t(e.info as "invited", { text: plain(e.text) }) : plain(e.text)}</div>;
	return <MessageRow {...p} />;
}

export const Row = memo((p: RowProps) =>
	<div class="row" role="article" data-key={p.entry.key} tabIndex={p.current ? 0 : -1}>
		{p.newDay && <div class="day"><span>{day(p.entry.time, p.now)}</span></div>}
		{p.divider && <div class="divider"><span>{t("newMessages")}</span></div>}
		<Content {...p} />
	</div>);

export function PendingRow({ pending, online, children }: { pending: Pending; online: boolean; children: ComponentChildren }) {
	const failed = pending.error !== undefined;
	return <div class={`row pending${failed ? " failed" : ""}`} role="article" data-key={pending.label}>
		<div class="message"><div class="gutter" /><div class="content">
			<div class="body" dir="auto">{pending.text}</div>
			<div class="fate" role={failed ? "alert" : undefined}>
				{failed ? (pending.error ? t("notSent", { reason: pending.error }) : t("unsure")) : online ? t("sending") : t("waitingToSend")} {children}</div>
		</div></div>
	</div>;
}
