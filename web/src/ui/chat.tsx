// One conversation: its head, its messages, the composer.
import { useEffect, useRef, useState } from "preact/hooks";
import type { App } from "../app";
import type { Screen } from "../commands";
import { t } from "../lang";
import { SERVER, type Conversation, type Entry, type State } from "../state/model";
import { indexAt } from "../state/timeline";
import { plain } from "../text/format";
import { Composer } from "./composer";
import { Dialog } from "./dialog";
import { ExportDialog } from "./export";
import { Icon } from "./icon";
import { MessageList } from "./list";
import { displayName } from "./looks";
import { Members } from "./members";
import type { RowActions } from "./row";
import { Text } from "./text";

const REACTIONS = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀", "✅", "❌", "🔥", "🤔"];

interface Props {
	app: App;
	state: State;
	c: Conversation;
	language: string;
	pictures: boolean;
	screen: Screen;
	goTo: Entry | null; // an entry to be shown, from a search
	onWent: () => void;
	onBack: () => void;
	onProblem: (text: string) => void;
}

function Picker({ onPick, onClose }: { onPick: (reaction: string) => void; onClose: () => void }) {
	const [own, setOwn] = useState("");
	return <Dialog title={t("react")} onClose={onClose}>
		<div class="picker">{REACTIONS.map((r) => <button key={r} aria-label={t("reactWith", { r })} onClick={() => onPick(r)}>{r}</button>)}</div>
		<form class="inline" onSubmit={(e) => { e.preventDefault(); if (own.trim()) onPick(own.trim()); }}>
			<input value={own} maxLength={20} aria-label={t("react")} onInput={(e) => setOwn(e.currentTarget.value)} /><button>{t("react")}</button></form>
	</Dialog>;
}

function Topic({ app, c, onClose }: { app: App; c: Conversation; onClose: () => void }) {
	const [text, setText] = useState(c.topic);
	return <Dialog title={t("setTopic")} onClose={onClose}>
		<form class="stack" onSubmit={(e) => { e.preventDefault(); app.session.send("TOPIC", c.name, text); onClose(); }}>
			<input value={text} autofocus aria-label={t("setTopic")} maxLength={app.session.isupport.topicLength} onInput={(e) => setText(e.currentTarget.value)} />
			<button class="primary">{t("save")}</button></form>
	</Dialog>;
}

function JumpTo({ onJump, onClose }: { onJump: (time: number) => void; onClose: () => void }) {
	return <Dialog title={t("jumpToDate")} onClose={onClose}>
		<form class="stack" onSubmit={(e) => {
			e.preventDefault();
			const value = new FormData(e.currentTarget).get("date");
			const time = new Date(`${String(value)}T00:00`).getTime();
			if (!Number.isNaN(time)) onJump(time);
		}}><input type="date" name="date" required aria-label={t("jumpToDate")} max={new Date().toISOString().slice(0, 10)} /><button class="primary">{t("jumpToDate")}</button></form>
	</Dialog>;
}

type Open = "" | "menu" | "topic" | "date" | "export";

function Head({ p, open, setOpen, members, setMembers }: { p: Props; open: Open; setOpen: (o: Open) => void; members: boolean; setMembers: (on: boolean) => void }) {
	const { app, c, state } = p;
	const name = c.key === SERVER ? t("server") : c.kind === "direct" ? displayName(state.people, c.name) : c.name;
	const history = app.session.has("draft/chathistory") && c.kind !== "server";
	const item = (label: string, act: () => void) => <button role="menuitem" onClick={() => { setOpen(""); act(); }}>{label}</button>;
	const menu = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (open !== "menu") return undefined;
		const away = (e: Event) => !menu.current?.contains(e.target as Node) && setOpen("");
		for (const event of ["pointerdown", "focusin"]) document.addEventListener(event, away);
		return () => ["pointerdown", "focusin"].forEach((event) => document.removeEventListener(event, away));
	}, [open]);
	const copy = () => void navigator.clipboard?.writeText(`${location.origin}/${c.name}`).then(() => p.onProblem(t("copied")));
	return <header class="head">
		<button class="icon back" aria-label={t("conversations")} onClick={p.onBack}><Icon name="back" /></button>
		<div class="title"><h1>{name}</h1>
			{c.kind === "channel" && <div class="topic" title={plain(c.topic)}>{c.topic ? <Text text={c.topic} nick="" pictures={false} onChannel={(n) => app.join(n)} /> : <span class="dim">{t("noTopic")}</span>}</div>}</div>
		{app.canSearch() && <button class="icon" title={t("search")} aria-label={t("search")} onClick={() => p.screen.search("")}><Icon name="search" /></button>}
		{c.kind === "channel" && <button class="icon text" title={t("members")} aria-label={t("membersCount", { n: c.members.size })} aria-pressed={members} onClick={() => setMembers(!members)}><Icon name="people" /> {c.members.size}</button>}
		<div class="menu" ref={menu} onKeyDown={(e) => e.key === "Escape" && open === "menu" && setOpen("")}><button class="icon" title={t("menu")} aria-label={t("menu")} aria-haspopup="menu" aria-expanded={open === "menu"} onClick={() => setOpen(open === "menu" ? "" : "menu")}><Icon name="menu" /></button>
			{open === "menu" && <div role="menu">
				{c.kind === "channel" && item(t("setTopic"), () => setOpen("topic"))}
				{history && item(t("jumpToDate"), () => setOpen("date"))}
				{item(t("export"), () => setOpen("export"))}
				{c.kind === "channel" && item(t("copyLink"), copy)}
				{c.kind !== "server" && item(t(c.kind === "channel" ? "leaveChannel" : "closeConversation"), () => app.close(c.key))}
			</div>}</div>
	</header>;
}

const wide = matchMedia("(min-width: 1000px)"); // the members have a place beside the conversation

export function Chat(p: Props) {
	const { app, c, state } = p;
	const list = useRef<MessageList>(null);
	const [reply, setReply] = useState<Entry | null>(null);
	const [picking, setPicking] = useState<Entry | null>(null);
	const [open, setOpen] = useState<Open>("");
	const [members, setMembers] = useState(wide.matches);
	const [bottom, setBottom] = useState(true);
	const latest = useRef(p);
	latest.current = p;

	const showAt = async (time: number, id?: string) => {
		const here = () => app.state().conversations.get(c.key)?.entries ?? [];
		const at = () => (id ? here().findIndex((e) => e.id === id) : indexAt(here(), time));
		if ((id ? at() < 0 : true) && !(await app.history.around(c.key, time)) && !id) return p.onProblem(t("nothingThere"));
		requestAnimationFrame(() => list.current?.showEntry(Math.min(at(), here().length - 1)));
	};
	useEffect(() => {
		if (!p.goTo) return;
		void showAt(p.goTo.time, p.goTo.id);
		p.onWent();
	}, [p.goTo]);
	useEffect(() => {
		if (bottom && state.looking) app.markRead(c.key);
	}, [bottom, state.looking, c.entries, c.unread]);

	useEffect(() => {
		const fit = () => setMembers(wide.matches); // a window that gets narrow is not covered by them
		wide.addEventListener("change", fit);
		return () => wide.removeEventListener("change", fit);
	}, []);

	const [actions] = useState<RowActions>(() => ({
		reply: (entry) => setReply(entry),
		react: (entry, reaction) => entry.id && latest.current.app.react(latest.current.c.key, entry.id, reaction),
		pick: (entry) => setPicking(entry),
		redact: (entry) => entry.id && void app.redact(latest.current.c.key, entry.id),
		show: (id) => void (list.current?.show(id) || p.onProblem(t("missing"))),
		person: (nick) => app.talk(nick),
		channel: (name) => app.join(name),
	}));
	const [onPerson] = useState(() => (nick: string) => {
		if (!wide.matches) setMembers(false);
		latest.current.app.talk(nick);
	});
	return <>
		<main class="chat">
			<Head p={p} open={open} setOpen={setOpen} members={members} setMembers={setMembers} />
			<div class="middle">
				<MessageList ref={list} app={app} state={state} c={c} language={p.language} pictures={p.pictures} now={new Date().setHours(0, 0, 0, 0)} actions={actions} onBottom={setBottom} />
				{!bottom && <button class="to-end" onClick={() => list.current?.toEnd()}>↓ {c.unread ? t("unreadN", { n: c.unread }) : t("toLatest")}</button>}
			</div>
			{c.kind === "channel" && !c.joined
				? <div class="composer"><button class="primary wide" onClick={() => app.session.send("JOIN", c.name)}>{t("join")}</button></div>
				: <Composer app={app} state={state} c={c} reply={reply} onReply={setReply} onSent={() => list.current?.toEnd()} onUp={() => list.current?.focusLast()} screen={p.screen} />}
		</main>
		{c.kind === "channel" && members && <><div class="shade" onClick={() => setMembers(false)} />
			<Members members={c.members} people={state.people} language={p.language} onPerson={onPerson} /></>}
		{picking && <Picker onClose={() => setPicking(null)} onPick={(r) => { if (picking.id) app.react(c.key, picking.id, r); setPicking(null); }} />}
		{open === "topic" && <Topic app={app} c={c} onClose={() => setOpen("")} />}
		{open === "export" && <ExportDialog app={app} c={c} onClose={() => setOpen("")} />}
		{open === "date" && <JumpTo onClose={() => setOpen("")} onJump={(time) => { setOpen(""); void showAt(time); }} />}
	</>;
}
