<?php

declare(strict_types=1);

namespace Devhost;

/** The configurable options of a product as rows of a form, for orders and upgrades. */
final class OptionForm
{
    /**
     * @param array<int,int> $chosen option id => choice id or number, as Orders::chosen gives them
     * @return array<string,string> label HTML => content HTML
     */
    public static function rows(int $productId, array $chosen): array
    {
        $rows = [];
        foreach (Orders::options($productId) as $option) {
            $label = explode('|', $option->optionname, 2);
            $rows[Html::e($label[1] ?? $label[0])] = self::input($option, $chosen[$option->id] ?? null);
        }
        return $rows;
    }

    private static function input(object $option, ?int $chosen): string
    {
        $name = "configoption[$option->id]";
        if (Orders::isCounted($option)) {
            return Html::input($name, (string) ($chosen ?? $option->qtyminimum), 'number');
        }
        $choices = [];
        foreach ($option->choices as $choice) {
            $parts = explode('|', $choice->optionname, 2);
            $choices[$choice->id] = $parts[1] ?? $parts[0];
        }
        return Html::select($name, $choices, $chosen ?? '');
    }
}
