<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** A paid upgrade or downgrade: product and options change first, then the module hears of it. */
final class Upgrades
{
    /**
     * @param array<int,int|string> $choices option id => choice id or number; what is not named stays as it is
     * @return string 'success', or the module's error; the service has changed all the same, and the module queue holds the call
     */
    public static function complete(int $serviceId, int $productId, array $choices): string
    {
        $service = Capsule::table('tblhosting')->where('id', $serviceId)->first();
        $product = Capsule::table('tblproducts')->where('id', $productId ?: (int) ($service->packageid ?? 0))->first();
        if ($service === null || $product === null) {
            throw new \InvalidArgumentException($service === null ? "Service ID $serviceId not found" : "Product ID $productId not found");
        }
        Capsule::connection()->transaction(static function () use ($serviceId, $product, $choices): void {
            $choices += Orders::chosen($serviceId);
            Capsule::table('tblhostingconfigoptions')->where('relid', $serviceId)->delete();
            Orders::choose($serviceId, (int) $product->id, $choices);
            $row = ['packageid' => $product->id, 'amount' => Orders::price($product, $choices)];
            Capsule::table('tblhosting')->where('id', $serviceId)->update($row);
        });
        return Server::command($serviceId, 'ChangePackage', true);
    }
}
