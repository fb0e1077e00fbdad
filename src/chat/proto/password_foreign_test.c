/* password_foreign_test.c - hashes of other servers: known answers, and what is refused. */
#include "chat/proto/password_foreign.h"

#include "base/test/test.h"
#include "chat/proto/password.h"

/* Made with Python's hashlib, hmac and crypt, and libcrypt; all of the password "tea at five". */
static const char *const known[] = {
	"sha3$2a$05$abcdefghijklmnopqrstuueGXtRRZXQ/FfI5X/YrEaG8oeEV4Mj.i",
	"$z$4$1000$saltsalt$S8fVmainLDQp4+TZkNuTQd95wQY=",
	("$z$24$1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$O3cf0vELgbsp/E"
	 "1VGySBvMJwWys="),
	("$z$64$1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$O5IP8gDCGiMOgu"
	 "MEMAa40qcj6NE=$oM5wrzID8Smb5zQYGZzw2WhlMLM="),
	"$z$5$1000$saltsalt$TYUPsn0qw5IGerHaZSYrY+/y4/eGDzMkPupk67435wE=",
	("$z$25$1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$TZOkAGqgsGGWOs"
	 "ExvyUZInELWwCvnaRrfPwFDgG5Bqw="),
	("$z$65$1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$lXGXKtkhNTDo64"
	 "dHgVFwRpdN2rTTnjLD3uZEKBbHNsw=$2tFyZv4XWAY9f8+qUGq+dlUmIFpoOSKRBaykwnW"
	 "jLkw="),
	("$z$6$1000$saltsalt$7TNktSWXEl9t1BY+lNqZpl5ZBUk4wPFY8W59HbHaEjGp/stSFWV"
	 "gA1p2s5Q+0AkWUHq+TJvt60mQYX1ST++Zcg=="),
	("$z$26$1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$pLFiZEb+9BO1JI"
	 "9ELT+JGiQALnr7ufrNjrKioa0iglkmQk/gpSuWcV4xPJqUdHjeAtgXMPihvqnklmebzSAp"
	 "OA=="),
	("$z$66$1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$jZeAKabhi5YKRg"
	 "de1Jy86lnJgqrz5Tb+dQ0zHBCqB2Gsa+rhqAi/a/UNNBJfq2J0HG36ysDBCFyiwu9v9BUR"
	 "RA==$Pmx/MvfsC7+Ix460mpphL+Jigr33wnpl/bkaaLzgXmjRuIoxwFe7Lo9AoIZ/LaR6E"
	 "I7f7asV4eEQ9r8vzLMFpg=="),
	("$z$45$1000$saltsalt$dua6mid6K4va5ZYaz1+gYkjHWJhuS9zm9c96XuHmVNc=$Iapoj"
	 "2Hc3gBQEIEWpTYcfuKFLQphwLdqrMMV+usnfJw="),
	("pbkdf2$abcdefghijklmnop74271483aba4394cdbc69f0184f2f324e851797adf365fb"
	 "fe6f88398f9549fa4c8054a30342349cf535d53d1482fb900146a14ce4cb956e66898d"
	 "8d95a8209c0"),
	"$rawmd5$35fcf9ca804b7587f5c24801607cf1c6",
	"$rawsha1$dc88818c22e98ec360bac402a9cedfc97bc93695",
	("$rawsha256$313ff5796a17460a76f8ddad79481a295412601bb834fea7992addd8815"
	 "25039"),
	("$rawsha512$c74bd077a359bc2b1afa6ae94a363e80a161104bad395f56be14b1bc24c"
	 "9f77237f128c639c56d26ff797bdbc7a1b164382e64deeffcaa1a2c60db103fd44fc3"),
	"$1$saltsalt$2FqUs8X2ZkIbNQcIJU/76.",
	"$2b$04$abcdefghijklmnopqrstuu62E/SR.ua1IsDb4tTcz3JApWzcuNbp.",
	"$5$saltsalt$TwLH.iYPojym.lPE9biE6Ep9vUsyxn4cI1DQOAHeLL.",
	("$6$rounds=1000$saltsalt$GeYeWdzAPj06wHcok7kbc7en/4ryi7IFbRB7Moy8ZyFWh/"
	 "Vjq3hMZ/ieBAHAE5jAj/EpOuisSk6XFd10EZJmi."),
	"abRf5OKt3NtFg",
	("$argon2i$v=19$m=8,t=3,p=1$/LY5+A51pn1VGq6jdK9cNA$CqngWliZKNfKyeBfwrvCn"
	 "aakEX0WSW4oAPEJeWp4IjU"),
	("$argon2id$v=19$m=8,t=3,p=1$aEhz0aNgqqyV2nZFW9NWVw$hv8/yFK5zUysFfaqe7Gh"
	 "9k4W323ySm9ZmQ2+xaGOrQE"),
	("$7$86..../....pDPhZxfX7P8YGz8.CnV/BSlsPjBVHec42K8CxU/yhv0$6873yk/Plnz1"
	 "AGU0Eve.eSJhLNdzPmKIN3H8Tbzkqw."),
};

TEST(a_password_opens_its_hash_of_every_kind_and_no_other_password_does)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		assert_null(password_foreign_refusal(known[i]));
		assert_true(password_check(known[i], "tea at five"));
		assert_false(password_check(known[i], "tea at six"));
		assert_false(password_check(known[i], ""));
	}
}

/* The SHA3-512 of "password 0" has a byte that is zero, which must not end it. */
TEST(bcrypt_of_a_digest_goes_on_behind_a_byte_that_is_zero)
{
	static const char hash[] =
		"sha3$2a$04$..CA.uOD/eaGAOmJB.yMBu9v6iRDZ9pIdIFhZDzvmSuqZrSsPb.MW";

	assert_true(password_check(hash, "password 0"));
	assert_false(password_check(hash, "password 0x"));
}

TEST(what_is_malformed_unknown_or_too_dear_is_refused)
{
	static const char *const bad[] = {"", "plain", "$y$j9T$x$y",
		"$z$5$1000$saltsalt$TYUPsn0qw5IGerHaZSYrY+/y\xd6/eGDzMkPupk67435wE=",
		"$1$salt salt$x", "$z$", "$7$C7..../....salt$", "$7$Z6..../....salt$",
		"$7$C6....z....salt$", "$z$6", "$z$6$0$salt$AA==", "$z$3$1000$saltsalt$AAAA",
		"$z$99$1000$saltsalt$AAAA", "$z$6$1000$$AAAA", "$z$6$1000$saltsalt$AAAA",
		"$z$6$64000000$saltsalt$AAAA", "$z$26$1000$not*base64$AAAA",
		"$z$46$1000$saltsalt$AAAA",
		"$2a$31$bKb6k5A6yuFA2wx.iJtxcuT2dojHQAjHd5ZPK/I2sjJml7p4spxjG",
		"$2a$03$bKb6k5A6yuFA2wx.iJtxcuT2dojHQAjHd5ZPK/I2sjJml7p4spxjG", "$2a$04$short",
		"$2x$04$bKb6k5A6yuFA2wx.iJtxcuT2dojHQAjHd5ZPK/I2sjJml7p4spxjG",
		"sha3$2a$15$bKb6k5A6yuFA2wx.iJtxcuT2dojHQAjHd5ZPK/I2sjJml7p4spxjG", "sha3$1$x$y",
		"pbkdf2$00", "$rawmd5$00", "$rawsha1$zz", "$rawsha3$00",
		"$argon2d$v=19$m=8,t=1,p=1$a$b", "$argon2id$v=16$m=8,t=1,p=1$a$b",
		"$argon2id$v=19$m=99999999,t=1,p=1$a$b", "$argon2id$v=19$m=8,t=999,p=1$a$b",
		"$6$rounds=99999999$salt$x", "$6$nosalt", "$ircservices$0123456789abcdef",
		"$anope$enc_sha256$a$b", "DESDESDESDES*"};
	char text[2 * FOREIGN_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!password_foreign_refusal(bad[i]))
			fail_msg("%s is not refused", bad[i]);
	memset(text, '$', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_non_null(password_foreign_refusal(text));
}

TEST(a_malformed_hash_opens_for_nobody)
{
	static const char *const bad[] = {"sha3$2a$", "$z$6$1000$x", "pbkdf2$", "$rawmd5$"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(password_foreign_check(bad[i], "tea at five"));
}
