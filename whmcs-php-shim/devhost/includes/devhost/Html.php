<?php

declare(strict_types=1);

namespace Devhost;

/** Small pieces of mark-up with Bootstrap 3's class names. Arguments are text and become escaped unless named $html. */
final class Html
{
    public static function e($text): string
    {
        return htmlspecialchars((string) $text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
    }

    public static function link(string $url, string $label, string $class = ''): string
    {
        return '<a href="' . self::e($url) . '"' . ($class === '' ? '' : ' class="' . self::e($class) . '"') . '>' . self::e($label) . '</a>';
    }

    /** @param string[] $headers @param array<int,string[]> $rowsOfHtml */
    public static function table(array $headers, array $rowsOfHtml): string
    {
        $cell = static function (string $tag, array $htmls): string {
            return "<tr><$tag>" . implode("</$tag><$tag>", $htmls) . "</$tag></tr>\n";
        };
        $rows = implode('', array_map(static function (array $row) use ($cell): string {
            return $cell('td', $row);
        }, $rowsOfHtml));
        $empty = '<tr><td colspan="' . count($headers) . '" class="text-muted">No records found</td></tr>';
        return '<div class="table-responsive"><table class="table table-striped datatable"><thead>'
            . $cell('th', array_map([self::class, 'e'], $headers)) . '</thead><tbody>' . ($rows === '' ? $empty : $rows) . '</tbody></table></div>';
    }

    /** @param array<string,string> $rows label HTML => content HTML, in the mark-up of WHMCS's admin forms */
    public static function fields(array $rows): string
    {
        $html = '';
        foreach ($rows as $label => $content) {
            $html .= "<tr><td class=\"fieldlabel\">$label</td><td class=\"fieldarea\">$content</td></tr>\n";
        }
        return "<table class=\"form\" width=\"100%\">$html</table>";
    }

    /** A form that posts; $hidden become hidden inputs, the session's token is added. */
    public static function form(string $url, array $hidden, string $html, string $class = ''): string
    {
        $inputs = '';
        foreach ($hidden as $name => $value) {
            $inputs .= '<input type="hidden" name="' . self::e($name) . '" value="' . self::e($value) . '">';
        }
        return '<form method="post" action="' . self::e($url) . '" class="' . $class . '">' . $inputs . generate_token() . $html . '</form>';
    }

    public static function button(string $label, string $style = 'default'): string
    {
        return "<button type=\"submit\" class=\"btn btn-$style\">" . self::e($label) . '</button>';
    }

    public static function input(string $name, $value, string $type = 'text'): string
    {
        return '<input class="form-control" type="' . $type . '" name="' . self::e($name) . '" value="' . self::e($value) . '">';
    }

    /** @param array<string|int,string> $choices value => label */
    public static function select(string $name, array $choices, $selected): string
    {
        $html = '';
        foreach ($choices as $value => $label) {
            $mark = (string) $value === (string) $selected ? ' selected' : '';
            $html .= '<option value="' . self::e($value) . "\"$mark>" . self::e($label) . '</option>';
        }
        return '<select class="form-control" name="' . self::e($name) . "\">$html</select>";
    }

    public static function alert(string $style, string $text): string
    {
        return "<div class=\"alert alert-$style\">" . self::e($text) . '</div>';
    }

    /** The alert after a module command: "success" or the module's words. */
    public static function outcome(string $result): string
    {
        return $result === 'success'
            ? self::alert('success', 'The action completed successfully.')
            : self::alert('danger', $result);
    }

    /** One module setting as WHMCS draws it; yes/no keeps a hidden twin so that an empty box is sent too. */
    public static function setting(string $name, array $field, string $value): string
    {
        $type = (string) ($field['Type'] ?? 'text');
        $description = (string) ($field['Description'] ?? '');
        switch ($type) {
            case 'yesno':
                $checked = in_array($value, ['on', '1', 'yes'], true) ? ' checked' : '';
                return '<label><input type="hidden" name="' . self::e($name) . '" value=""><input type="checkbox" name="'
                    . self::e($name) . "\" value=\"on\"$checked> $description</label>";
            case 'textarea':
                $input = '<textarea class="form-control" name="' . self::e($name) . '" rows="' . (int) ($field['Rows'] ?? 3) . '">'
                    . self::e($value) . '</textarea>';
                break;
            case 'dropdown':
            case 'radio':
                $input = self::select($name, self::choices($field['Options'] ?? []), $value);
                break;
            default:
                $input = self::input($name, $value, $type === 'password' ? 'password' : 'text');
        }
        return $input . "<div class=\"help-block\">$description</div>";
    }

    /** Options come as a map or as a comma list, whose items may be "value|Label". */
    private static function choices($options): array
    {
        if (is_array($options)) {
            return $options;
        }
        $choices = [];
        foreach (explode(',', (string) $options) as $item) {
            [$value, $label] = explode('|', $item, 2) + [1 => $item];
            $choices[$value] = $label;
        }
        return $choices;
    }
}
