namespace Blip.Datasets.Shapes;

/// <summary>
/// Draws random scenes like those that the demo checkpoints were trained on. A scene depends on the seed and its index alone, on every
/// machine; two shapes of a scene are never equal in shape, colour and size at once.
/// </summary>
/// <param name="seed">Sets of different seeds have nothing to do with each other.</param>
/// <param name="options">Sides and the share of scenes with one shape; null for the training's.</param>
/// <exception cref="ArgumentException">An option is out of range.</exception>
public sealed class SceneGenerator(long seed, SceneOptions? options = null)
{
    private const ulong Purpose = 1;

    // All in ten-thousandths of the side, so that a scene is exact in a file with four decimals.
    private const double Unit = 10_000;
    private const int SmallLeast = 1000, SmallMost = 1170, LargeLeast = 1880, LargeMost = 2140;
    private const int Margin = 600;

    private readonly SceneOptions options = (options ?? new SceneOptions()).Validated();

    /// <summary>The seed.</summary>
    public long Seed { get; } = seed;

    /// <summary>One scene.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is below 0.</exception>
    public ShapeScene Scene(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var random = new SceneRandom(Seed, Purpose, index);
        var side = random.Any(options.Sides);
        var background = random.Any<SceneBackground>();
        return random.Share() < options.SingleShare ? One(random, background, side) : Two(random, background, side);
    }

    private static ShapeScene One(SceneRandom random, SceneBackground background, int side)
    {
        var (phrase, radius) = Phrase(random);
        var (least, most) = (radius + Margin, (int)Unit - radius - Margin);
        var item = Item(phrase, random.Between(least, most), random.Between(least, most), radius);
        return new ShapeScene(background, [item], null, side);
    }

    // Along the place's axis the shapes lie about the quarters of the image; across it they share a random line.
    private static ShapeScene Two(SceneRandom random, SceneBackground background, int side)
    {
        var place = random.Any<ShapePlace>();
        var (first, firstRadius) = Phrase(random);
        var (second, secondRadius) = Phrase(random);
        while (second == first)
            (second, secondRadius) = Phrase(random);
        var line = random.Between(3500, 6500);
        var (a, b) = (random.Between(2200, 2850), random.Between(7150, 7800));
        var (across, beside) = (line + random.Between(-300, 300), line + random.Between(-300, 300));
        ShapeItem[] items = place == ShapePlace.LeftOf
            ? [Item(first, a, across, firstRadius), Item(second, b, beside, secondRadius)]
            : [Item(first, across, a, firstRadius), Item(second, beside, b, secondRadius)];
        return new ShapeScene(background, items, place, side);
    }

    private static (ShapePhrase Phrase, int Radius) Phrase(SceneRandom random)
    {
        var phrase = new ShapePhrase(random.Any<ShapeSize>(), random.Any<ShapeColor>(), random.Any<Shape>());
        return (phrase, phrase.Size == ShapeSize.Small ? random.Between(SmallLeast, SmallMost) : random.Between(LargeLeast, LargeMost));
    }

    private static ShapeItem Item(ShapePhrase phrase, int x, int y, int radius) =>
        new(phrase.Shape, phrase.Color, phrase.Size, x / Unit, y / Unit, radius / Unit);
}
