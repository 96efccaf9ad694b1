// Package zones is the addon's page of DNS zones: the list, the form, the test, the end of a zone, and the records that are not
// right yet. What may be done and what not is internal/dns/zonedesk's; here requests become its questions and its answers
// become pages.
package zones

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

type page struct {
	desk     *zonedesk.Desk
	web      *web.Pages
	clock    clock.Clock
	patience time.Duration
}

// New is the page over desk. A test may take as long as patience; WHMCS waits a little longer for the page.
func New(d *zonedesk.Desk, c clock.Clock, patience time.Duration, w *web.Pages) pages.Page {
	p := &page{d, w, c, patience}
	return pages.Page{
		Show: map[string]pages.Handler{"": p.list, "add": p.blank, "edit": p.saved, "delete": p.question, "test": p.test, "records": p.records},
		Do:   map[string]pages.Handler{"add": p.add, "edit": p.edit, "delete": p.end, "records": p.retry},
	}
}

const name = "zones"

// answer is a part under its title, a key of the catalogue.
func (p *page) answer(title, html string, err error) (pages.Answer, error) {
	return pages.Answer{Title: p.web.Text(title), HTML: html}, err
}

// author names who asked in WHMCS's activity log.
func author(r *pages.Request) string { return fmt.Sprintf("admin %d", r.Admin) }

// sentence turns a refusal into what a person is shown; other errors stay what they are.
func sentence(err error) error {
	if _, ok := errors.AsType[*zonedesk.NoZoneError](err); ok {
		return desk.Sentence(asSentence(err) + " It may have been deleted meanwhile.")
	}
	return err
}

func asSentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// offset is where in a list the page begins.
func offset(r *pages.Request) int {
	n, err := strconv.Atoi(r.Query.Get("from"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// rowOf is a zone as its own parts name it.
func rowOf(z zonedesk.Listed) web.Zone {
	return web.Zone{
		ID: z.ID, Name: z.Name, Type: z.Provider, Server: z.Server(), Kind: kind(z.Name), TTL: z.TTL, Fault: z.Fault,
		Live: z.Live, Pending: z.Pending, Failed: z.Failed,
	}
}

// test runs at once: it changes nothing. The person reads that it runs while the answer is waited for.
func (p *page) test(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	limited, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	z, findings, err := p.desk.Test(limited, id)
	if err != nil {
		return pages.Answer{}, sentence(err)
	}
	t := web.ZoneTest{Site: r.Site, Zone: rowOf(zonedesk.Listed{Zone: z}), Good: true, Late: limited.Err() != nil}
	for _, f := range findings {
		t.Findings = append(t.Findings, web.Finding{Step: f.Step, Level: string(f.Level), Text: f.Text})
		t.Good = t.Good && f.Level != "failed"
	}
	html, err := p.web.ZoneTest(t)
	return p.answer("zone_test_title", html, err)
}
