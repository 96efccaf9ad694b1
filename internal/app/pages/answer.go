package pages

import (
	"net/http"
	"strings"

	"github.com/kvmbridge/kvmbridge/bridge"
)

// Answer is what a handler gives back: one of HTML, Next and File.
type Answer struct {
	Title string // of a part, a text for people
	HTML  string
	Next  string // address to go on to
	File  *File
}

// File is what a browser is to save or keep.
type File struct {
	Name, Type, Body string // Name "" = not to be saved
	Keep             bool   // the browser may keep it for good
}

// Done goes on to the page of r, which then shows the text notice_<key> of the catalogue; further pairs go into its query.
func Done(r *Request, key string, query ...any) Answer {
	return Answer{Next: r.To(r.Page, append([]any{"notice", key}, query...)...)}
}

// marked tells our JavaScript that an answer is ours and not a page of WHMCS.
const marked = "X-Kvmbridge: 1"

func whole(kind, body string, more ...string) bridge.Output {
	head := append([]string{"Content-Type: " + kind, "X-Content-Type-Options: nosniff", marked}, more...)
	return bridge.Output{Status: http.StatusOK, Head: head, Body: body}
}

func (f *File) output() bridge.Output {
	cache := "Cache-Control: no-store"
	if f.Keep {
		cache = "Cache-Control: private, max-age=31536000, immutable"
	}
	if f.Name == "" {
		return whole(f.Type, f.Body, cache)
	}
	return whole(f.Type, f.Body, cache, `Content-Disposition: attachment; filename="`+plain(f.Name)+`"`)
}

// plain leaves of a file name what needs no quoting in a header.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

func redirect(to string) bridge.Output {
	return bridge.Output{Status: http.StatusSeeOther, Head: []string{"Location: " + strings.Map(line, to), "Cache-Control: no-store"}}
}

// line drops what would end a header line.
func line(r rune) rune {
	if r < ' ' {
		return -1
	}
	return r
}
