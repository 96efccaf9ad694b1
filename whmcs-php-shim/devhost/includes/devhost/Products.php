<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** The product editor's Module Settings tab. */
final class Products
{
    public const OPTION_COUNT = 24;

    /** The fields the module declares, with their stored values: option number => [field, value]. */
    public static function fields(object $product): array
    {
        $declared = Server::call($product->servertype, 'ConfigOptions', [
            'whmcsVersion' => (string) $GLOBALS['CONFIG']['Version'], 'producttype' => $product->type, 'isAddon' => false,
            'action' => 'ConfigOptions',
        ]);
        $fields = [];
        foreach (array_values(is_array($declared) ? $declared : []) as $n => $field) {
            $stored = (string) $product->{'configoption' . ($n + 1)};
            $fields[$n + 1] = [(array) $field, $stored === '' ? (string) ($field['Default'] ?? '') : $stored];
        }
        return $fields;
    }

    /** Stores packageconfigoption[n] as configoption<n>; undeclared options become empty. */
    public static function save(object $product, array $values): void
    {
        $row = [];
        $declared = count(self::fields($product));
        for ($n = 1; $n <= self::OPTION_COUNT; $n++) {
            $row["configoption$n"] = $n <= $declared ? (string) ($values[$n] ?? '') : '';
        }
        Capsule::table('tblproducts')->where('id', $product->id)->update($row);
        self::rememberHooks($product->servertype);
    }

    /** WHMCS finds a server module's hooks.php when a product that uses it is saved. */
    public static function rememberHooks(string $module): void
    {
        $known = array_filter(explode(',', (string) Config::get('ModuleHooks')));
        if (is_file(ROOTDIR . "/modules/servers/$module/hooks.php") && !in_array($module, $known, true)) {
            Config::set('ModuleHooks', implode(',', array_merge($known, [$module])));
        }
    }
}
