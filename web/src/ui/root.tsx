// The whole page: the first page or the conversations, what lies over them, and what a screen reader hears.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Account } from "../account";
import type { App } from "../app";
import type { Screen } from "../commands";
import { t } from "../lang";
import type { Entry, State } from "../state/model";
import { inOrder } from "../state/reduce";
import { plain } from "../text/format";
import type { Settings } from "../storage";
import { Chat } from "./chat";
import { Dialog } from "./dialog";
import { Find } from "./find";
import { Help } from "./help";
import { Icon } from "./icon";
import { Join } from "./join";
import { SearchDialog } from "./search";
import { Code, SettingsDialog } from "./settings";
import { Sidebar } from "./sidebar";
import { Welcome } from "./welcome";

const ALERT_MS = 6000;

interface Props {
	app: App;
	account: Account;
	channels: string[];
	accounts: boolean;
	settings: Settings;
	onSettings: (change: Partial<Settings>) => void;
	language: string;
}
type Over = "" | "join" | "settings" | "help" | "find" | "search";

// Counts down to the next attempt.
function Status({ app, state }: { app: App; state: State }) {
	const [, tick] = useState(0);
	useEffect(() => {
		if (state.status !== "waiting") return undefined;
		const timer = setInterval(() => tick((n) => n + 1), 1000);
		return () => clearInterval(timer);
	}, [state.status]);
	if (state.status === "online") return null;
	const left = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000));
	const text = !navigator.onLine ? t("offline") : state.status === "waiting" ? t("reconnecting", { n: left }) : t("reconnectingNow");
	return <div class="status" role="status">{text} {state.reason && <span class="dim">{plain(state.reason)}</span>}
		{state.status === "waiting" && <button class="link" onClick={() => app.session.retryNow()}>{t("tryNow")}</button>}</div>;
}

// A region that a screen reader reads: new messages of the conversation that is open.
function Live({ app, current }: { app: App; current: string }) {
	const [text, setText] = useState("");
	const shown = useRef(current);
	shown.current = current;
	useEffect(() => {
		const before = app.onEntry;
		app.onEntry = (key: string, entry: Entry) => {
			before?.(key, entry);
			if (key === shown.current && entry.text) setText(`${entry.nick}: ${plain(entry.text)}`);
		};
		return () => void (app.onEntry = before);
	}, []);
	return <div class="hidden" aria-live="polite">{text}</div>;
}

function Alert({ app }: { app: App }) {
	const text = app.alert;
	useEffect(() => {
		if (!text) return undefined;
		const timer = setTimeout(() => app.warn(""), ALERT_MS);
		return () => clearTimeout(timer);
	}, [text]);
	return <div class="alert-region" role="alert">{text && <div class="alert">{text}<button class="icon" aria-label={t("close")} onClick={() => app.warn("")}><Icon name="close" /></button></div>}</div>;
}

// To the previous or next conversation, or the next with something new.
function step(app: App, state: State, by: number, unread: boolean): void {
	const all = inOrder(state).filter((c) => c.key === state.current || !unread || c.unread > 0);
	const at = all.findIndex((c) => c.key === state.current);
	const next = all[(at + by + all.length) % all.length];
	if (next) app.select(next.key);
}

export function Root(p: Props) {
	const { app } = p;
	const [, tick] = useState(0);
	const [over, setOver] = useState<Over>("");
	const [words, setWords] = useState("");
	const [goTo, setGoTo] = useState<Entry | null>(null);
	const [narrow, setNarrow] = useState<"list" | "chat">("chat"); // what a phone shows
	useEffect(() => app.subscribe(() => tick((n) => n + 1)), []);
	const state = app.shown();
	const c = state.conversations.get(state.current);
	useEffect(() => {
		const onKey = (e: KeyboardEvent) => {
			if (e.altKey && !e.ctrlKey && (e.key === "ArrowUp" || e.key === "ArrowDown")) step(app, app.state(), e.key === "ArrowUp" ? -1 : 1, e.shiftKey);
			else if ((e.ctrlKey || e.metaKey) && e.key === "k") setOver("find");
			else return;
			e.preventDefault();
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, []);
	useEffect(() => {
		if (!c && state.current === "") setNarrow("list");
		else setNarrow("chat");
	}, [state.current, !c]);

	const screen: Screen = {
		help: () => setOver("help"),
		search: (text) => { setWords(text); setOver("search"); },
		join: () => setOver("join"),
	};
	const select = (key: string) => {
		app.select(key);
		setNarrow("chat");
	};
	const close = () => setOver("");
	if (state.status === "stopped" || (!state.conversations.size && state.status !== "waiting"))
		return <><Welcome app={app} account={p.account} channels={p.channels} accounts={p.accounts} /><Alert app={app} /></>;
	return <div class={`page show-${narrow}`}>
		<Sidebar state={state} onSelect={select} onJoin={() => setOver("join")} onSettings={() => setOver("settings")} onHelp={() => setOver("help")} />
		<div class="right"><Status app={app} state={state} />
			<div class="room">{c ? <Chat key={c.key} app={app} state={state} c={c} language={p.language} pictures={p.settings.pictures} screen={screen} goTo={goTo}
				onWent={() => setGoTo(null)} onBack={() => setNarrow("list")} onProblem={(text) => app.warn(text)} />
				: <main class="nothing"><p>{t("nothingOpen")}</p><button class="primary" onClick={() => setOver("join")}>{t("addChannel")}</button></main>}</div></div>
		{over === "join" && <Join app={app} onClose={close} />}
		{over === "settings" && <SettingsDialog app={app} account={p.account} state={state} settings={p.settings} onSettings={p.onSettings} onClose={close} />}
		{over === "help" && <Help app={app} onClose={close} />}
		{over === "find" && <Find state={state} onSelect={select} onClose={close} />}
		{over === "search" && c && <SearchDialog app={app} state={state} c={c} text={words} onClose={close}
			onShow={(key, entry) => { close(); select(key); setGoTo(entry); }} />}
		{p.account.pendingCode && over !== "settings" && <Dialog title={t("newAccount")} onClose={() => { p.account.pendingCode = null; app.warn(""); }}><Code account={p.account} onDone={() => app.warn("")} /></Dialog>}
		<Alert app={app} />
		<Live app={app} current={state.current} />
	</div>;
}
