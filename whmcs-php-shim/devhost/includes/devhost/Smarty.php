<?php

declare(strict_types=1);

namespace Devhost;

/**
 * The part of Smarty that mail templates may use under WHMCS's policy: {$var}, {$var.key}, modifiers, {if}/{elseif}/
 * {else}/{/if} with ==, !=, and/or/not, {foreach $list as $item}, {nl2br($var)}. Anything else is refused, which gives
 * an empty mail in WHMCS.
 */
final class Smarty
{
    private const TAG = '/\{((?:\$|\/?if\b|else|\/?foreach\b|[a-z_0-9]+\s*\()[^{}]*|[a-z]\w*[^{}]*)\}/';

    private $parts;
    private $at = 0;

    private function __construct(string $template)
    {
        $template = (string) preg_replace('/\{\*.*?\*\}/s', '', $template);
        $this->parts = preg_split(self::TAG, $template, -1, PREG_SPLIT_DELIM_CAPTURE);
    }

    /** @throws \DomainException for what the policy forbids */
    public static function render(string $template, array $vars): string
    {
        $renderer = new self($template);
        [$text, $end] = $renderer->block($vars, true);
        if ($end !== '') {
            throw new \DomainException("unexpected {{$end}}");
        }
        return $text;
    }

    /** @return array{0:string,1:string} the text up to the tag that ends the block, and that tag */
    private function block(array $vars, bool $shown): array
    {
        $text = '';
        for (; $this->at < count($this->parts); $this->at++) {
            $part = $this->parts[$this->at];
            if ($this->at % 2 === 0) {
                $text .= $shown ? $part : '';
            } elseif (preg_match('/^(\/if|\/foreach|else$|elseif\b)/', $part)) {
                return [$text, $part];
            } else {
                $text .= $this->tag($part, $vars, $shown);
            }
        }
        return [$text, ''];
    }

    private function tag(string $tag, array $vars, bool $shown): string
    {
        if (strpos($tag, 'if ') === 0) {
            return $this->branches(substr($tag, 3), $vars, $shown);
        }
        if (preg_match('/^foreach\s+(\$[\w.]+)\s+as\s+\$(\w+)$/', $tag, $match)) {
            return $this->loop($match[1], $match[2], $vars, $shown);
        }
        return $shown ? Expression::text($tag, $vars) : '';
    }

    private function branches(string $condition, array $vars, bool $shown): string
    {
        $text = '';
        $taken = false;
        do {
            $this->at++;
            $now = $shown && !$taken && ($condition === '' || Expression::isTrue($condition, $vars));
            [$part, $end] = $this->block($vars, $now);
            $text .= $part;
            $taken = $taken || $now;
            $condition = strpos($end, 'elseif') === 0 ? trim(substr($end, 6)) : '';
        } while ($end !== '/if' && $end !== '');
        if ($end === '') {
            throw new \DomainException('{if} without {/if}');
        }
        return $text;
    }

    private function loop(string $list, string $item, array $vars, bool $shown): string
    {
        $start = ++$this->at;
        $values = $shown ? Expression::value($list, $vars) : [];
        $text = '';
        foreach (is_array($values) && $values ? $values : [null] as $value) {
            $this->at = $start;
            [$part, $end] = $this->block([$item => $value] + $vars, $shown && $value !== null);
            $text .= $part;
        }
        if ($end !== '/foreach') {
            throw new \DomainException('{foreach} without {/foreach}');
        }
        return $text;
    }
}
