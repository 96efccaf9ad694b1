<?php

declare(strict_types=1);

namespace Devhost;

/** Values, modifiers and conditions inside Smarty tags. */
final class Expression
{
    /** "$name|modifier:arg" or "function($name)" as text. */
    public static function text(string $tag, array $vars): string
    {
        $steps = explode('|', trim($tag));
        $value = self::value(array_shift($steps), $vars);
        foreach ($steps as $step) {
            [$name, $argument] = explode(':', $step, 2) + [1 => ''];
            $value = self::modify(trim($name), $value, trim($argument, " '\""));
        }
        return is_scalar($value) || $value === null ? (string) $value : '';
    }

    public static function value(string $expression, array $vars)
    {
        $expression = trim($expression);
        if (preg_match('/^(?:"([^"]*)"|\'([^\']*)\')$/', $expression, $match)) {
            return end($match);
        }
        if (is_numeric($expression)) {
            return $expression + 0;
        }
        if (preg_match('/^(\w+)\((\$[\w.]+)\)$/', $expression, $match)) {
            return self::call($match[1], self::value($match[2], $vars));
        }
        if (!preg_match('/^\$[\w.]+$/', $expression)) {
            throw new \DomainException("{{$expression}} is not allowed in a mail");
        }
        $value = $vars;
        foreach (explode('.', substr($expression, 1)) as $key) {
            $value = is_array($value) ? ($value[$key] ?? null) : null;
        }
        return $value;
    }

    public static function isTrue(string $condition, array $vars): bool
    {
        foreach ([' or ' => true, ' and ' => false] as $word => $wins) {
            $parts = preg_split('/' . $word . '|' . ($wins ? '\s*\|\|\s*' : '\s*&&\s*') . '/', $condition);
            if (count($parts) > 1) {
                $results = array_map(static function (string $part) use ($vars): bool {
                    return self::isTrue($part, $vars);
                }, $parts);
                return $wins ? in_array(true, $results, true) : !in_array(false, $results, true);
            }
        }
        if (preg_match('/^\s*(?:!|not\s)\s*(.+)$/', $condition, $match)) {
            return !self::isTrue($match[1], $vars);
        }
        if (preg_match('/^(.+?)\s*(==|!=|\beq\b|\bneq\b|\bne\b)\s*(.+)$/', $condition, $match)) {
            $equal = (string) self::value($match[1], $vars) === (string) self::value($match[3], $vars);
            return in_array($match[2], ['==', 'eq'], true) ? $equal : !$equal;
        }
        return (bool) self::value($condition, $vars);
    }

    private static function modify(string $name, $value, string $argument)
    {
        switch ($name) {
            case 'escape':
                return htmlspecialchars((string) $value, ENT_QUOTES, 'UTF-8');
            case 'date_format':
                return date('Y-m-d', (int) strtotime((string) $value));
            case 'count':
            case 'urlencode':
            case 'ucfirst':
            case 'nl2br':
                return self::call($name, $value);
            default:
                throw new \DomainException("the modifier $name is not allowed in a mail");
        }
    }

    private static function call(string $name, $value)
    {
        switch ($name) {
            case 'nl2br':
                return nl2br((string) $value);
            case 'urlencode':
                return urlencode((string) $value);
            case 'ucfirst':
                return ucfirst((string) $value);
            case 'count':
            case 'sizeof':
                return is_array($value) ? count($value) : 0;
            case 'isset':
                return $value !== null;
            case 'empty':
                return empty($value);
            case 'is_array':
                return is_array($value);
            default:
                throw new \DomainException("the function $name is not allowed in a mail");
        }
    }
}
