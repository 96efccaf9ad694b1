package contract

// accessRoutes are the calls for API access, sessions and the version.
func accessRoutes() []route {
	return []route{
		get("/access/permissions", everyone(), params{
			str("path"),
			str("userid").Like(`(?:^(?:[^\s:/]+)\@(?:[A-Za-z][A-Za-z0-9\.\-_]+)(?:!(?:[A-Za-z][A-Za-z0-9\.\-_]+))?$)`),
		}),
		get("/access/ticket", world()),
		post("/access/ticket", world(), params{
			flag("new-format"), str("otp"),
			str("password").Must(),
			str("path").Chars(64).Needs("privs"),
			str("privs").Of("pve-priv-list").Chars(64).Needs("path"),
			str("realm").Of("pve-realm").Chars(32),
			str("tfa-challenge"),
			str("username").Chars(64).Must(),
		}).noToken(),
		post("/access/vncticket", world(), params{
			str("authid").Chars(64).Must(),
			str("path").Chars(64).Must(),
			whole("port"),
			str("privs").Of("pve-priv-list").Chars(64).Must(),
			str("vncticket").Must(),
		}).From(V92),
		get("/version", everyone()),
	}
}
