package contract

// accessRoutes are the calls for API access, sessions and the version.
func accessRoutes() []route {
	return []route{
		get("/access/permissions", everyone(), params{
			str("path"),
			str("userid").like(`(?:^(?:[^\s:/]+)\@(?:[A-Za-z][A-Za-z0-9\.\-_]+)(?:!(?:[A-Za-z][A-Za-z0-9\.\-_]+))?$)`),
		}),
		get("/access/ticket", world()),
		post("/access/ticket", world(), params{
			flag("new-format"), str("otp"),
			str("password").must(),
			str("path").chars(64).needs("privs"),
			str("privs").of("pve-priv-list").chars(64).needs("path"),
			str("realm").of("pve-realm").chars(32),
			str("tfa-challenge"),
			str("username").chars(64).must(),
		}).noToken(),
		post("/access/vncticket", world(), params{
			str("authid").chars(64).must(),
			str("path").chars(64).must(),
			whole("port"),
			str("privs").of("pve-priv-list").chars(64).must(),
			str("vncticket").must(),
		}).from(V92),
		get("/version", everyone()),
	}
}
