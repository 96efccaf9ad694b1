package whmcs_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

func TestServer_readsAnEntryAsPeopleFilledIt(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, testdb.Latin1())
	q := whmcs.New(db.SQL)
	id := db.Server(t, "R&amp;D cluster")
	db.Exec(t, "UPDATE tblservers SET hostname = ' pve.example.com ', port = NULL, disabled = 1, accesshash = 'h' WHERE id = ?", id)
	foreign := db.Server(t, "shared hosting")
	db.Exec(t, "UPDATE tblservers SET type = 'cpanel' WHERE id = ?", foreign)
	s, err := q.Server(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "R&D cluster" || s.Hostname != "pve.example.com" || s.Port != 0 || !s.Secure || !s.Disabled || !s.Ours() ||
		s.Username != "root@pam!kvmbridge" || s.Encrypted != "encrypted" || s.AccessHash != "h" || s.IP != "192.0.2.1" {
		t.Errorf("server = %+v", s)
	}
	if _, err := q.Server(t.Context(), 4711); !errors.Is(err, whmcs.ErrNoServer) {
		t.Errorf("missing server: %v, want ErrNoServer", err)
	}
	list, err := q.Servers(t.Context())
	if err != nil || len(list) != 1 || list[0] != s {
		t.Errorf("Servers = %+v, %v; want ours only", list, err)
	}
	db.Exec(t, "UPDATE tblservers SET password = 'encrypted again' WHERE id = ?", id)
	if changed, err := q.Server(t.Context(), id); err != nil || changed.Fingerprint() == s.Fingerprint() {
		t.Errorf("fingerprint after a new password = %s, %v; want another one", changed.Fingerprint(), err)
	}
}

func TestAddonSettings_inAnySpellingOfTheModule(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	q := whmcs.New(db.SQL)
	for _, row := range [][3]string{
		{"puq_proxmox_kvm", "secret", "a&amp;b"},
		{"PUQ_Proxmox_KVM", "url", "http://127.0.0.1:1"},
		{"puq_proxmox_kvm", "secret", ""},
		{"puq_proxmox_kvm", "debug", ""},
		{"puq_proxmox_kvm", "debug", " on "},
		{"other", "secret", "not ours"},
	} {
		db.Exec(t, "INSERT INTO tbladdonmodules (module, setting, value) VALUES (?, ?, ?)", row[0], row[1], row[2])
	}
	got, err := q.AddonSettings(t.Context())
	if want := map[string]string{"secret": "a&b", "url": "http://127.0.0.1:1", "debug": "on"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("AddonSettings = %v, %v; want %v", got, err, want)
	}
}

func TestSystemURL_endsWithASlash(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	q := whmcs.New(db.SQL)
	if got, err := q.SystemURL(t.Context()); err != nil || got != "" {
		t.Errorf("SystemURL of an empty database = %q, %v", got, err)
	}
	db.Exec(t, "INSERT INTO tblconfiguration (setting, value) VALUES ('SystemURL', ' https://example.com/whmcs ')")
	if got, err := q.SystemURL(t.Context()); err != nil || got != "https://example.com/whmcs/" {
		t.Errorf("SystemURL = %q, %v", got, err)
	}
}

func TestServiceIDsOfServer_inOrder(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	server := db.Server(t, "pve")
	a, b := db.Service(t, 1, 1, server), db.Service(t, 1, 1, server)
	db.Service(t, 1, 1, server+1)
	got, err := whmcs.New(db.SQL).ServiceIDsOfServer(t.Context(), server)
	if err != nil || !slices.Equal(got, []int64{a, b}) {
		t.Errorf("ServiceIDsOfServer = %v, %v; want %v", got, err, []int64{a, b})
	}
}

func TestMailsAfter_knowsAMailByItsSubject(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	q := whmcs.New(db.SQL)
	for language, subject := range map[string]string{"": "100% ready: {$service_domain}", "german": "Fertig_{$x|escape} {if $a}b{/if}"} {
		db.Exec(t, `INSERT INTO tblemailtemplates (type, name, subject, message, attachments, fromname, fromemail, language, copyto, blind_copy_to)
			VALUES ('product', 'VM is ready', ?, '', '', '', '', ?, '', '')`, subject, language)
	}
	mail := func(client int64, subject string) {
		db.Exec(t, "INSERT INTO tblemails (userid, subject, message) VALUES (?, ?, '')", client, subject)
	}
	mail(7, "100% ready: old.example.com")
	mark, err := q.Marks(t.Context())
	if err != nil || mark.Mail == 0 {
		t.Fatalf("Marks = %+v, %v", mark, err)
	}
	sent := func(client int64, template string, want int) {
		t.Helper()
		if got, err := q.MailsAfter(t.Context(), client, mark.Mail, template); err != nil || got != want {
			t.Errorf("MailsAfter(client %d, %q) = %d, %v; want %d", client, template, got, err, want)
		}
	}
	mail(8, "100% ready: other.example.com")
	mail(7, "100 percent ready: vm.example.com") // a percent sign in the subject is no wildcard
	sent(7, "VM is ready", 0)
	mail(7, "100% ready: vm.example.com")
	sent(7, "VM is ready", 1)
	sent(8, "VM is ready", 1)
	sent(9, "VM is ready", 0)
	mail(9, "Fertig_x b")
	sent(9, "VM is ready", 1)
	sent(9, "no such template", 0)
}

func TestActivityAfter_findsTextThatWHMCSEncoded(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	q := whmcs.New(db.SQL)
	log := func(text string) {
		db.Exec(t, "INSERT INTO tblactivitylog (description, user, ipaddr) VALUES (?, '', '')", text)
	}
	log(`kvmbridge: step "Clone" of service 7`)
	mark, err := q.Marks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := func(want bool) {
		t.Helper()
		if got, err := q.ActivityAfter(t.Context(), mark.Activity, `kvmbridge: step "Clone" of service 7`); err != nil || got != want {
			t.Errorf("ActivityAfter = %v, %v; want %v", got, err, want)
		}
	}
	found(false)
	log("kvmbridge: step &quot;Clone&quot; of service 7 - Service ID: 7")
	found(true)
}

func TestFacts_customFieldsOfTheProduct(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	product := db.Product(t, `{"a":"&amp;"}`)
	service := db.Service(t, 1, product, 0)
	field := func(kind string, owner int64, name, value string) {
		id := db.Exec(t, "INSERT INTO tblcustomfields (type, relid, fieldname, fieldtype, fieldoptions, adminonly) VALUES (?, ?, ?, 'text', '', '')", kind, owner, name)
		db.Exec(t, "INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) VALUES (?, ?, ?)", id, service, value)
	}
	field("product", product, "SSH Key|Your key", "ssh-ed25519 AAAA a&amp;b")
	field("product", product+1, "Other", "x")
	field("client", product, "Client", "x")
	got, err := whmcs.New(db.SQL).Facts(t.Context(), service)
	if want := map[string]string{"SSH Key": "ssh-ed25519 AAAA a&b"}; err != nil || !maps.Equal(got.CustomFields, want) {
		t.Errorf("custom fields = %v, %v; want %v", got.CustomFields, err, want)
	}
	if got.Settings != `{"a":"&amp;"}` {
		t.Errorf("settings = %s, want valid JSON left alone", got.Settings)
	}
}
