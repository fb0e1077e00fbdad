// The first page: a name, and in. With an account if the person has or wants one.
import { useEffect, useState } from "preact/hooks";
import type { Account } from "../account";
import type { App } from "../app";
import type { Refusal } from "../irc/handshake";
import { t, type Key } from "../lang";

type Way = "guest" | "account" | "new";
const REFUSALS: Record<Refusal, Key> = {
	"nick-taken": "refusedTaken", "nick-bad": "refusedBad", "nick-reserved": "refusedReserved", "login-failed": "refusedLogin",
	"password-wanted": "refusedPassword", refused: "refused",
};

interface Props {
	app: App;
	account: Account;
	channels: string[]; // from the link
	accounts: boolean; // the server has accounts
}

export function Welcome({ app, account, channels, accounts }: Props) {
	const [way, setWay] = useState<Way>("guest");
	const [name, setName] = useState(app.kept.nick);
	const [password, setPassword] = useState("");
	const [mail, setMail] = useState("");
	const [stay, setStay] = useState(true);
	const [channel, setChannel] = useState(channels[0] ?? app.kept.channels[0] ?? "");
	const [asked, setAsked] = useState(false); // for the server's own password
	const busy = app.session.status === "connecting" || app.session.status === "online";
	useEffect(() => {
		if (app.refusal?.why === "nick-reserved") setWay("account");
		if (app.refusal?.why === "password-wanted") setAsked(true);
	}, [app.refusal]);
	const submit = (e: Event) => {
		e.preventDefault();
		const wanted = [...channels, channel].filter(Boolean).map((c) => (/^#/.test(c) ? c : `#${c}`));
		if (asked && way === "guest" && account.again(wanted)) return; // who was signed in still is
		if (way === "guest") account.guest(name.trim(), wanted);
		else if (way === "account") account.logIn(name.trim(), password, stay, wanted);
		else account.signUp(name.trim(), password, mail.trim(), stay, wanted);
	};
	const tab = (is: Way, key: Key) => <button type="button" role="tab" aria-selected={way === is} onClick={() => setWay(is)}>{t(key)}</button>;
	return <main class="welcome">
		<form class="card stack" onSubmit={submit}>
			<h1>{channels[0] ? t("welcomeChannel", { channel: channels[0] }) : t("welcomeTitle")}</h1>
			{accounts && <div class="tabs" role="tablist">{tab("guest", "asGuest")}{tab("account", "withAccount")}{tab("new", "newAccount")}</div>}
			<label>{t(way === "account" ? "accountName" : "name")}
				<input name="name" value={name} required maxLength={32} pattern="\S+" title={t("nameHint")} autocomplete="username" autocapitalize="off" spellcheck={false}
					autofocus onInput={(e) => setName(e.currentTarget.value)} /></label>
			{way !== "guest" && <label>{t(way === "new" ? "newPassword" : "password")}
				<input name="password" type="password" value={password} required autocomplete={way === "new" ? "new-password" : "current-password"}
					onInput={(e) => setPassword(e.currentTarget.value)} /></label>}
			{way === "new" && <label>{t(account.mailRequired() ? "mail" : "mailOptional")}
				<input name="mail" type="email" value={mail} required={account.mailRequired()} autocomplete="email" onInput={(e) => setMail(e.currentTarget.value)} /></label>}
			{asked && <label>{t("serverPassword")}
				<input name="pass" type="password" required autocomplete="off" onInput={(e) => (app.pass = e.currentTarget.value)} /></label>}
			{!channels.length && <label>{t("channel")}
				<input name="channel" value={channel} placeholder="#" autocapitalize="off" spellcheck={false} onInput={(e) => setChannel(e.currentTarget.value)} /></label>}
			{way !== "guest" && <label class="check"><input type="checkbox" checked={stay} onChange={(e) => setStay(e.currentTarget.checked)} />{t("stay")}</label>}
			{way !== "guest" && !isSecureContext && <p class="problem">{t("plainWarning")}</p>}
			{app.refusal && !busy && <p class="problem" role="alert">{t(REFUSALS[app.refusal.why], { text: app.refusal.text })}</p>}
			<button class="primary" disabled={busy}>{busy ? t("connecting") : t(way === "guest" ? "enter" : way === "account" ? "signIn" : "signUp")}</button>
		</form>
	</main>;
}
