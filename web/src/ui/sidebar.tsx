// The conversations.
import { t } from "../lang";
import type { Conversation, State } from "../state/model";
import { SERVER } from "../state/model";
import { inOrder } from "../state/reduce";
import { Icon } from "./icon";
import { displayName } from "./looks";

interface Props {
	state: State;
	onSelect: (key: string) => void;
	onJoin: () => void;
	onSettings: () => void;
	onHelp: () => void;
}

function Item({ c, state, onSelect }: { c: Conversation; state: State; onSelect: (key: string) => void }) {
	const current = state.current === c.key;
	const name = c.key === SERVER ? t("server") : c.kind === "direct" ? displayName(state.people, c.name) : c.name;
	const label = [name, c.unread && t("unreadN", { n: c.unread }), c.mentions && t("mentionsN", { n: c.mentions })].filter(Boolean).join(", ");
	return <li><button class={`conversation${c.unread && c.key !== SERVER ? " unread" : ""}${c.kind === "channel" && !c.joined ? " gone" : ""}`}
		aria-current={current ? "page" : undefined} aria-label={label} onClick={() => onSelect(c.key)}>
		<span class="name">{name}</span>
		{c.mentions > 0 ? <span class="count to-me">{c.mentions}</span> : c.unread > 0 && c.key !== SERVER ? <span class="count">{c.unread > 999 ? "999+" : c.unread}</span> : null}
	</button></li>;
}

export function Sidebar({ state, onSelect, onJoin, onSettings, onHelp }: Props) {
	const all = inOrder(state);
	const group = (kind: Conversation["kind"]) => all.filter((c) => c.kind === kind).map((c) => <Item key={c.key} c={c} state={state} onSelect={onSelect} />);
	const direct = group("direct");
	return <nav class="sidebar" aria-label={t("conversations")}>
		<header><strong>{state.network || "burble"}</strong><span class={`dot ${state.status}`} /></header>
		<div class="scroll">
			<div class="label"><h2>{t("channels")}</h2><button class="icon" title={t("addChannel")} aria-label={t("addChannel")} onClick={onJoin}><Icon name="add" /></button></div>
			<ul>{group("channel")}</ul>
			{direct.length > 0 && <><div class="label"><h2>{t("direct")}</h2></div><ul>{direct}</ul></>}
			<ul class="last">{group("server")}</ul>
		</div>
		<footer>
			<button class="me" onClick={onSettings} title={t("settings")} aria-label={`${state.nick}, ${t("settings")}`}><span class="name">{displayName(state.people, state.nick)}</span><span class="dim">{state.account || t("asGuest")}</span></button>
			<button class="icon" title={t("settings")} aria-label={t("settings")} onClick={onSettings}><Icon name="settings" /></button>
			<button class="icon" title={t("help")} aria-label={t("help")} onClick={onHelp}><Icon name="help" /></button>
		</footer>
	</nav>;
}
