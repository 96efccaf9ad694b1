package records_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/machines"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// marker is a secret whose stem survives every way of writing it but base64; the rest changes in URLs, JSON and HTML.
const (
	stem   = "m4rk3r"
	marker = stem + `-&/+"<%40'`
)

// hostile are servers that do with a secret what a server can.
func hostile() map[string]http.HandlerFunc {
	echo := func(r *http.Request) string {
		dump, _ := httputil.DumpRequest(r, true)
		_ = r.ParseForm()
		return fmt.Sprintf("%s\n%q\n%v", dump, r.Header, r.PostForm)
	}
	return map[string]http.HandlerFunc{
		"refuses": func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(rw, `{"success":false,"error":%q,"errors":[{"code":10000,"message":%q}]}`, "not "+echo(r), "not "+echo(r))
		},
		"echoes": func(rw http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(rw, echo(r)) },
		"echoes as an error": func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(http.StatusInternalServerError)
			_, _ = fmt.Fprint(rw, html.EscapeString(echo(r)))
		},
		"redirects": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://elsewhere.example.com/?"+url.QueryEscape(echo(r)), http.StatusTemporaryRedirect)
		},
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm() // only who has read the body learns that the client is gone
			<-r.Context().Done()
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
}

// Whatever a server does: its secret is in no output, log, table, note or page.
func TestSecrets_areNowhere(t *testing.T) {
	t.Parallel()
	for name, handler := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.machine(t, "vm-1."+forward, "192.0.2.10")
			w.hostileZones(t, handler)
			said := w.everything(t, id)
			for what, text := range said {
				if strings.Contains(text, stem) {
					t.Errorf("the secret shows in %s:\n%s", what, text)
				}
			}
			for _, provider := range []string{"cloudflare", "hestiacp", "powerdns"} {
				contains(t, "sync", said["sync"], "["+provider+"] "+forward, "["+provider+"] "+reverse4)
				contains(t, "the log", said["log"], "provider="+provider)
			}
			contains(t, "test", said["test"], "failed  ")
			contains(t, "the ledger", said["table kvmbridge_dns_records"], "vm-1."+forward)
			if strings.Contains(said["sync"], "ERR") {
				contains(t, "the outbox", said["table kvmbridge_outbox"], "ERR [", forward)
				contains(t, "the page", said["page"], "DNS records that failed: ", "Last error: ")
			}
		})
	}
}

// hostileZones are at servers that all do the same, two zones at each.
func (w *world) hostileZones(t *testing.T, handler http.HandlerFunc) {
	t.Helper()
	plain, secure := httptest.NewUnstartedServer(handler), httptest.NewUnstartedServer(handler)
	for _, s := range []*httptest.Server{plain, secure} {
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
		t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	}
	plain.Start()
	secure.StartTLS()
	w.cloudflare = plain.URL
	sum := sha256.Sum256(secure.Certificate().Raw)
	fingerprint := hex.EncodeToString(sum[:])
	for _, name := range []string{forward, reverse4} {
		for i, z := range []zones.Zone{
			{Provider: "powerdns", Fields: map[string]string{"server": plain.URL, "api_key": marker}},
			{Provider: "powerdns", Fields: map[string]string{"server": secure.URL, "api_key": marker, "fingerprint": fingerprint}},
			{Provider: "hestiacp", Fields: map[string]string{"server": secure.URL, "admin": "admin", "password": marker, "user": "ada", "fingerprint": fingerprint}},
			{Provider: "cloudflare", Fields: map[string]string{"zone_id": fmt.Sprintf("%032x", len(name)), "api_token": marker}},
		} {
			z.Name = name
			z, err := zones.Check(z, nil, nil)
			if err != nil {
				t.Fatalf("zone %d: %v", i, err)
			}
			if _, err := w.book.SaveDNSZone(t.Context(), z); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// everything does with zones and records what can be done, and returns what is seen of it, by place.
func (w *world) everything(t *testing.T, id int64) map[string]string {
	t.Helper()
	said := map[string]string{}
	run := func(what string, o cli.RecordOptions) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		r := w.doWithin(ctx, o)
		said[what] += r.out + fmt.Sprint(r.err)
	}
	all, err := w.book.DNSZones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run("sync", cli.RecordOptions{Deed: cli.RecordsSync, Service: id})
	for _, z := range all[:4] { // one of each kind
		run("test", cli.RecordOptions{Deed: cli.ZoneTest, Zone: z.ID})
		run("edit", cli.RecordOptions{Deed: cli.ZoneEdit, Zone: z.ID, Form: cli.ZoneForm{Fields: map[string]string{"nothing": "x"}}})
		run("edit", cli.RecordOptions{Deed: cli.ZoneEdit, Zone: z.ID, Form: cli.ZoneForm{TTL: new(600)}})
		run("add", cli.RecordOptions{Deed: cli.ZoneAdd, Form: cli.ZoneForm{Name: &z.Name, Type: &z.Provider, Fields: map[string]string{"server": "x"}, Secret: new(marker)}})
		run("delete", cli.RecordOptions{Deed: cli.ZoneDelete, Zone: z.ID})
	}
	for _, asJSON := range []bool{false, true} {
		run("plan", cli.RecordOptions{Deed: cli.RecordsPlan, JSON: asJSON})
		run("zones", cli.RecordOptions{Deed: cli.ZonesList, JSON: asJSON})
		said["vm show"] += w.shown(t, id, asJSON)
	}
	run("retry", cli.RecordOptions{Deed: cli.RecordsRetry})
	said["check"], said["page"], said["log"] = w.checked(t), w.page(t), w.log.String()
	for table, text := range w.tables(t) {
		said["table "+table] = text
	}
	return said
}

// shown is what "kvmbridge vm show" prints.
func (w *world) shown(t *testing.T, id int64, asJSON bool) string {
	t.Helper()
	var out bytes.Buffer
	office := &machines.Office{Store: w.store, Records: w.book, Desk: &desk.Desk{Registry: w.store}, Clock: w.clock}
	if err := office.Do(t.Context(), cli.MachineOptions{Deed: cli.DeedShow, Text: strconv.FormatInt(id, 10), Service: true, JSON: asJSON}, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func (w *world) checked(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	faults, err := w.newOffice().Check(ctx)
	return fmt.Sprint(faults, err)
}

// page is the addon's status page.
func (w *world) page(t *testing.T) string {
	t.Helper()
	trouble, err := w.book.Trouble(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	text, err := pages.Home(web.Home{DNS: trouble})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// tables is everything that the database holds, as text.
func (w *world) tables(t *testing.T) map[string]string {
	t.Helper()
	var names []string
	if err := w.SQL.SelectContext(t.Context(), &names, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range names {
		rows, err := w.SQL.QueryxContext(t.Context(), "SELECT * FROM `"+name+"`")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells, err := rows.SliceScan()
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range cells {
				texts[name] += fmt.Sprintf("%s ", cell)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return texts
}
