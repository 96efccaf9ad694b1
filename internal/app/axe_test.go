package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// broken is what axe-core finds wrong with a page.
type broken struct {
	ID, Help string
	Nodes    []string
}

// accessible looks at our part of the page, or at the dialog that covers it, with the rules of WCAG 2 A and AA.
func (b *browser) accessible(where string) {
	b.t.Helper()
	var found []broken
	b.do(chromedp.Evaluate(axe(b.t), nil), chromedp.Evaluate(`axe.run(document.querySelector('dialog[open]') || '.kb', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
		rules: {region: {enabled: false}, 'page-has-heading-one': {enabled: false}, 'heading-order': {enabled: false}}})
		.then(r => r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)})))`, &found, awaitPromise))
	for _, f := range found {
		b.t.Errorf("%s: %s (%s): %q", where, f.Help, f.ID, f.Nodes)
	}
}

// axe is the program, which npm installs by the lock file.
func axe(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(fmt.Errorf("axe-core is missing, \"make deps\" installs it: %w", err))
	}
	return string(raw)
}
