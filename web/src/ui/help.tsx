// Keys and commands.
import type { App } from "../app";
import { commands } from "../commands";
import { t, type Key } from "../lang";
import { Dialog } from "./dialog";

const KEYS: [string, Key][] = [
	["Alt + ↑ ↓", "keySwitch"], ["Alt + Shift + ↑ ↓", "keyUnread"], ["Ctrl + K", "keyFind"], ["↑", "keyList"], ["R, E, Del", "keyRow"],
	["Tab", "keyComplete"], ["Shift + Enter", "keyNewline"], ["Esc", "keyEscape"],
];

export function Help({ app, onClose }: { app: App; onClose: () => void }) {
	return <Dialog title={t("help")} onClose={onClose}>
		<h3>{t("commands")}</h3>
		<table><tbody>{commands(app).map((c) => <tr key={c.name}><th scope="row"><code>/{c.name} {c.usage}</code></th><td>{t(c.help)}</td></tr>)}</tbody></table>
		<h3>{t("keys")}</h3>
		<table><tbody>{KEYS.map(([keys, what]) => <tr key={keys}><th scope="row"><kbd>{keys}</kbd></th><td>{t(what)}</td></tr>)}</tbody></table>
	</Dialog>;
}
