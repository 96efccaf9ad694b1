package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
)

//go:embed assets pages/style.css
var assetFiles embed.FS

// Assets are the names of the files that every page of the addon needs; a name changes with the content.
type Assets struct{ Style, Script string }

// Asset is a file for the browser, which may keep it for good.
type Asset struct{ Type, Body string }

// assetParts are the files behind each asset, by the ending of its name.
func assetParts() map[string][]string {
	return map[string][]string{
		"css": {"pages/style.css", "assets/addon.css", "assets/machines.css", "assets/pools.css", "assets/settings.css", "assets/copies.css"},
		"js":  {"assets/ajax.js", "assets/dialogs.js", "assets/forms.js"},
	}
}

func loadAssets() (Assets, map[string]Asset, error) {
	types := map[string]string{"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
	names, all := map[string]string{}, map[string]Asset{}
	for ending, files := range assetParts() {
		var body bytes.Buffer
		for _, file := range files {
			raw, err := assetFiles.ReadFile(file)
			if err != nil {
				return Assets{}, nil, fmt.Errorf("read the asset %s: %w", file, err)
			}
			body.Write(raw)
		}
		sum := sha256.Sum256(body.Bytes())
		names[ending] = "kvmbridge-" + hex.EncodeToString(sum[:6]) + "." + ending
		all[names[ending]] = Asset{types[ending], body.String()}
	}
	return Assets{Style: names["css"], Script: names["js"]}, all, nil
}

// Asset is the file of a name; one of an earlier version is answered with the present one, which is what its page needs next.
func (p *Pages) Asset(name string) (Asset, bool) {
	if a, ok := p.assetFiles[name]; ok {
		return a, true
	}
	switch {
	case strings.HasSuffix(name, ".css"):
		name = p.assets.Style
	case strings.HasSuffix(name, ".js"):
		name = p.assets.Script
	}
	a, ok := p.assetFiles[name]
	return a, ok
}
