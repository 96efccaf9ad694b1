package web

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"strings"
	"time"
)

//go:embed pages/*.html pages/style.css
var files embed.FS

// Pages renders fragments; it is safe for concurrent use.
type Pages struct {
	set        *template.Template
	texts      map[string]string
	assets     Assets
	assetFiles map[string]Asset
}

// New parses every page; a fault in one of them shows here and not at the first visitor.
func New() (*Pages, error) {
	css, err := files.ReadFile("pages/style.css")
	if err != nil {
		return nil, err
	}
	names, assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	texts := English()
	set, err := template.New("").Funcs(template.FuncMap{
		"t": func(key string) (string, error) {
			if text, ok := texts[key]; ok {
				return text, nil
			}
			return "", fmt.Errorf("no text for %q", key)
		},
		"style":    func() template.CSS { return template.CSS(css) }, //nolint:gosec // our own embedded file
		"time":     stamp,
		"upper":    strings.ToUpper,
		"tone":     tone,
		"tab":      tabOf,
		"fullness": fullness,
		"copydo":   copyDoOf,
		"clientdo": clientDoOf,
		"word":     func(prefix, value string) string { return cmp.Or(texts[prefix+value], value) }, // of another release
	}).ParseFS(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	return &Pages{set: set, texts: texts, assets: names, assetFiles: assets}, nil
}

// stamp prints a moment as the product's logs do; a zero one is empty.
func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}

// tone is the badge class of a vm_status (product-spec §3.4).
func tone(status string) string {
	switch status {
	case "ready":
		return "kb-good"
	case "terminate", "error_terminate":
		return "kb-bad"
	case "remove":
		return "kb-idle"
	}
	return "kb-busy"
}

// Text is a sentence of the catalogue; "" when there is none of that key.
func (p *Pages) Text(key string) string { return p.texts[key] }

// fullness is the class of a bar, by its percent.
func fullness(percent float64) string {
	switch {
	case percent >= 95:
		return "kb-full"
	case percent >= 80:
		return "kb-nearly"
	}
	return ""
}

func (p *Pages) render(name string, page any) (string, error) {
	var b bytes.Buffer
	if err := p.set.ExecuteTemplate(&b, name, page); err != nil {
		return "", fmt.Errorf("render %s: %w", name, err)
	}
	return b.String(), nil
}

// Step is one line of a run's log.
type Step struct {
	N        int
	Label    string
	Result   string // success, skip (…), or the error
	Good     bool
	Duration string
	Details  []string
}

// Run is the last thing that was done to a VM.
type Run struct {
	Action   string
	Result   string
	Good     bool
	Started  time.Time
	Finished time.Time
	Steps    []Step
}

// VM is what staff see of one VM.
type VM struct {
	ServiceID int64
	VMID      int // 0 = none yet
	Name      string
	Node      string
	Status    string
	Suspended bool
	Addresses []string
	LastError string
	Next      Next // of LastError
	Attention string
	Since     time.Time // of Attention, zero = not known
	Part      string    // of the page of machines that says more than the log, "" = none
	LastRun   *Run
}

// Next is the key of the sentence that says what comes of an error.
type Next string

// What comes of an error.
const (
	NothingNext Next = "" // there is none, or its own text says it
	NextTry     Next = "next_try"
	NoNextTry   Next = "no_next_try"
)

// StatusField is the cell of the service page that says how v is.
func (p *Pages) StatusField(v *VM) (string, error) { return p.render("vm_status.html", v) }

// IDField shows the id of v, or takes the id of a guest that exists already (product-spec §7.6); WHMCS posts it with the
// page's own form as modulefields[vm_id].
func (p *Pages) IDField(v *VM) (string, error) { return p.render("vm_id.html", v) }

// AddressField lists the addresses of v.
func (p *Pages) AddressField(v *VM) (string, error) { return p.render("vm_addresses.html", v) }

// LogField shows the last run of v.
func (p *Pages) LogField(v *VM) (string, error) { return p.render("vm_log.html", v) }

// Client is what the owner of a service sees.
type Client struct {
	Known     bool
	Status    string
	Suspended bool
	Name      string
	Domain    string
	Username  string
	Addresses []string
	Links     []ClientLink
}

// ClientLink leads to a page of ours in the client area; Key is that of its text.
type ClientLink struct{ Key, URL string }

// Message is the key of the sentence that fits.
func (c Client) Message() string {
	switch {
	case !c.Known || c.Status == "remove":
		return "client_none"
	case c.Suspended:
		return "client_suspended"
	case c.Status == "ready":
		return "client_ready"
	case c.Status == "terminate", c.Status == "error_terminate", c.Status == "change_package":
		return "client_other"
	}
	return "client_preparing"
}

// ClientBlock is the owner's block on the product page.
func (p *Pages) ClientBlock(c Client) (string, error) { return p.render("client.html", c) }

// Setting explains one key of a product's settings.
type Setting struct{ Path, Kind, Default, Help string }

// Notes stand under a product's settings.
type Notes struct {
	Saved  bool
	Faults []string
	Keys   []Setting
}

// Notes renders the notes under a product's settings.
func (p *Pages) Notes(n Notes) (string, error) { return p.render("notes.html", n) }
