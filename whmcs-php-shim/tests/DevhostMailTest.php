<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Devhost\MailTemplates;
use Devhost\Smarty;
use PHPUnit\Framework\TestCase;

final class DevhostMailTest extends TestCase
{
    /** @dataProvider texts */
    public function testRender(string $want, string $template): void
    {
        $vars = ['a' => 'x', 'assigned' => 'y', 'empty' => '', 'n' => 2, 'html' => '<b>', 'lines' => "1\n2", 'list' => ['p', 'q'],
            'map' => ['k' => 'v'], 'when' => '2026-02-03 04:05:06'];
        self::assertSame($want, Smarty::render($template, $vars));
    }

    public function texts(): array
    {
        return [
            'plain braces' => ['body { color: red } { $a }', 'body { color: red } { $a }'],
            'a variable' => ['x!', '{$a}!'],
            'a missing one' => ['!', '{$none}!'],
            'a key' => ['v', '{$map.k}'],
            'escape' => ['&lt;b&gt;', '{$html|escape}'],
            'raw' => ['<b>', '{$html}'],
            'nl2br' => ["1<br />\n2", '{nl2br($lines)}'],
            'two modifiers' => ['X', '{$a|ucfirst|escape}'],
            'date' => ['2026-02-03', '{$when|date_format:"%Y"}'],
            'comment' => ['ab', 'a{* {$a} *}b'],
            'if' => ['yes', '{if $a}yes{else}no{/if}'],
            'else' => ['no', '{if $empty}yes{else}no{/if}'],
            'elseif' => ['2', '{if $empty}1{elseif $a}2{else}3{/if}'],
            'elseif after a hit' => ['1', '{if $a}1{elseif $a}2{else}3{/if}'],
            'nested' => ['[x]', '{if $a}[{if $n == 2}{$a}{else}-{/if}]{/if}'],
            'nested in a false branch' => ['-', '{if $empty}{if $a}1{else}2{/if}{else}-{/if}'],
            'a name that holds an operator' => ['y', '{if $assigned}{$assigned}{/if}'],
            'not equal' => ['t', '{if $a != "y"}t{/if}'],
            'and, or, not' => ['t', '{if $a and !$empty or $none}t{/if}'],
            'foreach' => ['<p><q>', '{foreach $list as $i}<{$i}>{/foreach}'],
            'foreach over nothing' => ['', '{foreach $none as $i}x{/foreach}'],
        ];
    }

    /** @dataProvider forbidden */
    public function testRender_refusesWhatWhmcsPolicyForbids(string $template): void
    {
        $this->expectException(\DomainException::class);
        Smarty::render($template, ['a' => 'x']);
    }

    public function forbidden(): array
    {
        return [['{include file="x"}'], ['{$a|upper}'], ['{phpinfo($a)}'], ['{if $a}'], ['{/if}'], ['{foreach $a as $b}'], ['{block name=x}']];
    }

    public function testTemplates_useTheNamesThatModulesLookFor(): void
    {
        self::assertSame(['puqProxmoxVKM Welcome Email', 'puqProxmoxKVM VM is ready', 'puqProxmoxKVM Reset password',
            'puqProxmoxKVM Backup restored', 'puqProxmoxKVM Upgrade Email',
            'puqProxmoxKVM Traffic is running out', 'puqProxmoxKVM Traffic is used up'], array_keys(MailTemplates::all()));
    }

    public function testTemplates_renderWithAndWithoutValues(): void
    {
        foreach (MailTemplates::all() as [$subject, $message]) {
            self::assertStringNotContainsString('{', Smarty::render($subject . $message, []));
            $full = Smarty::render($message, ['client_name' => 'Jane', 'service_dedicated_ip' => '192.0.2.1', 'service_assigned_ips' => "a\nb"]);
            self::assertStringContainsString('Dear Jane,', $full);
        }
    }
}
