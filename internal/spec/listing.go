package spec

import (
	"fmt"
	"strings"
)

// Listing is the table of all settings for people, in Markdown.
func Listing() string {
	var page strings.Builder
	page.WriteString("| setting | default | allowed | meaning |\n| --- | --- | --- | --- |\n")
	for _, key := range table() {
		fmt.Fprintf(&page, "| `%s` | `%s` | %s | %s |\n", key.Path, key.Default, cell(key.Allowed), cell(key.Help))
	}
	return page.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// DefaultSettings is a settings text that says all defaults, as a start for editing.
func DefaultSettings() string {
	var page strings.Builder
	for i, group := range groupNames() {
		page.WriteString(map[bool]string{true: "{\n", false: ",\n"}[i == 0])
		fmt.Fprintf(&page, "  %q: {%s}", group, memberList(group))
	}
	page.WriteString("\n}\n")
	return page.String()
}

func memberList(group string) string {
	var list []string
	for _, key := range table() {
		if name, ok := strings.CutPrefix(key.Path, group+"."); ok {
			list = append(list, fmt.Sprintf("%q: %s", name, key.Default))
		}
	}
	return strings.Join(list, ", ")
}
