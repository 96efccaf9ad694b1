package web

import (
	"io/fs"
	"regexp"
	"testing"
)

func TestChapters_haveNoKeyTwice(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for _, chapter := range chapters() {
		for key, text := range chapter {
			if other, twice := texts[key]; twice {
				t.Errorf("%s is both %q and %q", key, other, text)
			}
			texts[key] = text
		}
	}
}

// A second template of a name would silently take the place of the first.
func TestTemplates_haveNoNameTwice(t *testing.T) {
	t.Parallel()
	pages, err := fs.Glob(files, "pages/*.html")
	if err != nil || len(pages) < 10 {
		t.Fatal(pages, err)
	}
	found := map[string]string{}
	for _, page := range pages {
		raw, err := files.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`{{define "([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
			if found[name[1]] != "" {
				t.Errorf("%s is in %s and %s", name[1], found[name[1]], page)
			}
			found[name[1]] = page
		}
	}
}
