package access_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func registry() *access.Registry {
	r := access.New([]byte("key"))
	r.AddUser(access.User{Name: "a@pve", Password: "pw"})
	r.AddToken(access.Token{User: "a@pve", Name: "all", Secret: "s1"})
	r.AddToken(access.Token{User: "a@pve", Name: "own", Secret: "s2", Separate: true})
	r.AddToken(access.Token{User: "a@pve", Name: "old", Secret: "s3", Expire: now.Add(-time.Hour)})
	return r
}

func TestHas_deeperGrantsReplaceInheritedOnes(t *testing.T) {
	t.Parallel()
	r := registry()
	r.PoolsOf = func(path string) []string {
		if path == "/vms/7" {
			return []string{"p"}
		}
		return nil
	}
	for _, g := range []access.Grant{
		{Who: "a@pve", Path: "/vms", Privs: []string{"VM.Audit", "VM.Clone"}},
		{Who: "a@pve", Path: "/vms/5", Privs: []string{"VM.Audit"}},
		{Who: "a@pve", Path: "/vms/6", Privs: []string{"NoAccess"}},
		{Who: "a@pve", Path: "/pool/p", Privs: []string{"VM.Backup"}},
		{Who: "a@pve", Path: "/storage", Privs: []string{"*"}, Here: true},
		{Who: "a@pve!own", Path: "/vms/4", Privs: []string{"VM.Clone", "VM.Allocate"}},
	} {
		r.Grant(g)
	}
	user, all, own := access.Identity{User: "a@pve"}, access.Identity{User: "a@pve", Token: "all"}, access.Identity{User: "a@pve", Token: "own"}
	for _, row := range []struct {
		id         access.Identity
		path, priv string
		want       bool
	}{
		{user, "/vms/4", "VM.Clone", true},
		{user, "/vms/5", "VM.Clone", false},
		{user, "/vms/6", "VM.Audit", false},
		{user, "/vms/7", "VM.Backup", true},
		{user, "/vms/4", "VM.Backup", false},
		{user, "/storage", "X", true},
		{user, "/storage/s", "X", false},
		{all, "/vms/4", "VM.Clone", true},
		{own, "/vms/4", "VM.Clone", true},
		{own, "/vms/4", "VM.Audit", false},
		{own, "/vms/4", "VM.Allocate", false},
		{access.Identity{User: access.Root, Token: "t"}, "/x", "Any", true},
	} {
		if got := r.Has(row.id, row.path, row.priv); got != row.want {
			t.Errorf("%s %s on %s: got %v, want %v", row.id, row.priv, row.path, got, row.want)
		}
	}
	r.Forget("/vms/5")
	if !r.Has(user, "/vms/5", "VM.Clone") {
		t.Error("a forgotten grant still hides the inherited one")
	}
}

func TestCheckToken_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := registry()
	r.AddUser(access.User{Name: "off@pve", Disabled: true})
	for header, want := range map[string]string{
		"":                             "No ticket",
		"Basic x":                      "No ticket",
		"PVEAPIToken=a@pve!all=s1":     "",
		"PVEAPIToken=a%40pve%21all=s1": "",
		"PVEAPIToken=a@pve!all=s2":     "invalid token value!",
		"PVEAPIToken=a@pve!nope=s2":    "no such token 'nope' for user 'a@pve'",
		"PVEAPIToken=b@pve!all=s1":     "no such user ('b@pve')",
		"PVEAPIToken=off@pve!all=s1":   "user 'off@pve' is disabled",
		"PVEAPIToken=a@pve!old=s3":     "token 'old' access expired",
	} {
		_, err := r.CheckToken(header, now)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

func TestTickets_areBoundAndGrowOld(t *testing.T) {
	t.Parallel()
	r := registry()
	ticket, csrf := r.Ticket("a@pve", now), r.CSRF("a@pve", now)
	if id, err := r.CheckTicket(ticket, now.Add(time.Hour)); err != nil || id.User != "a@pve" {
		t.Errorf("an hour old: got %v %v", id, err)
	}
	if _, err := r.CheckTicket(ticket, now.Add(3*time.Hour)); !errors.Is(err, access.ErrBadTicket) {
		t.Errorf("three hours old: got %v", err)
	}
	if _, err := r.CheckTicket(ticket+"x", now); err == nil {
		t.Error("a forged signature was accepted")
	}
	if !r.CheckCSRF(csrf, "a@pve", now) || r.CheckCSRF(csrf, "b@pve", now) {
		t.Error("the CSRF token must fit its user and nobody else")
	}
	if !r.CheckPassword("a@pve", "pw", now) || !r.CheckPassword("a@pve", ticket, now) || r.CheckPassword("a@pve", "", now) {
		t.Error("password and ticket log in, an empty password does not")
	}
	id := access.Identity{User: "a@pve", Token: "all"}
	vnc := r.VNCTicket(id, "/vms/1", now)
	if err := r.CheckVNC("12345678:"+vnc, id, "/vms/1", now.Add(30*time.Second)); err != nil {
		t.Errorf("console ticket: %v", err)
	}
	if r.CheckVNC(vnc, id, "/vms/2", now) == nil || r.CheckVNC(vnc, id, "/vms/1", now.Add(time.Minute)) == nil {
		t.Error("a console ticket is for one guest and forty seconds")
	}
}
