namespace Blip.Datasets.Shapes;

/// <summary>
/// Draws random scenes like the demo checkpoints' training data. A scene depends on seed and index alone, on every machine. Two shapes
/// differ in shape, colour or size.
/// </summary>
/// <param name="seed">The seed; different seeds give unrelated sets.</param>
/// <param name="options">Sides and the share of single shapes; null for the training's.</param>
/// <exception cref="ArgumentException">An option is out of range.</exception>
public sealed class SceneGenerator(long seed, SceneOptions? options = null)
{
    private const ulong Purpose = 1;

    // Ten-thousandths of the side, so that four decimals in a file are exact.
    private const double Unit = 10_000;
    private const int SmallLeast = 1000, SmallMost = 1170, LargeLeast = 1880, LargeMost = 2140;
    private const int Margin = 600;

    private readonly SceneOptions options = (options ?? new SceneOptions()).Validated();

    /// <summary>The seed.</summary>
    public long Seed { get; } = seed;

    /// <summary>One scene.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    public ShapeScene Scene(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var random = new SceneRandom(Seed, Purpose, index);
        var side = random.Any(options.Sides);
        var background = random.Any<SceneBackground>();
        return random.Share() < options.SingleShare ? One(random, background, side) : Two(random, background, side);
    }

    /// <summary>A scene for a true caption, with random places and radii.</summary>
    internal static ShapeScene Of(ShapeCaption caption, SceneRandom random, int side)
    {
        var first = (caption.First, Radius(random, caption.First));
        return (caption.Second, caption.Place) is ({ } second, { } place)
            ? Placed(random, caption.Background, side, place, first, (second, Radius(random, second)))
            : Placed(random, caption.Background, side, first);
    }

    private ShapeScene One(SceneRandom random, SceneBackground background, int side) => Placed(random, background, side, Phrase(random));

    private ShapeScene Two(SceneRandom random, SceneBackground background, int side)
    {
        var place = random.Any<ShapePlace>();
        var first = Phrase(random);
        var second = Phrase(random);
        while (second.Phrase == first.Phrase)
            second = Phrase(random);
        return Placed(random, background, side, place, first, second);
    }

    private static ShapeScene Placed(SceneRandom random, SceneBackground background, int side, (ShapePhrase Phrase, int Radius) one)
    {
        var (least, most) = (one.Radius + Margin, (int)Unit - one.Radius - Margin);
        var item = Item(one.Phrase, random.Between(least, most), random.Between(least, most), one.Radius);
        return new ShapeScene(background, [item], null, side);
    }

    // Along the place's axis the shapes lie about the image's quarters; across it they share a random line.
    private static ShapeScene Placed(
        SceneRandom random, SceneBackground background, int side, ShapePlace place,
        (ShapePhrase Phrase, int Radius) first, (ShapePhrase Phrase, int Radius) second)
    {
        var line = random.Between(3500, 6500);
        var (a, b) = (random.Between(2200, 2850), random.Between(7150, 7800));
        var (across, beside) = (line + random.Between(-300, 300), line + random.Between(-300, 300));
        ShapeItem[] items = place == ShapePlace.LeftOf
            ? [Item(first.Phrase, a, across, first.Radius), Item(second.Phrase, b, beside, second.Radius)]
            : [Item(first.Phrase, across, a, first.Radius), Item(second.Phrase, beside, b, second.Radius)];
        return new ShapeScene(background, items, place, side);
    }

    private (ShapePhrase Phrase, int Radius) Phrase(SceneRandom random)
    {
        var phrase = new ShapePhrase(random.Any<ShapeSize>(), random.Any(options.Colors), random.Any(options.Shapes));
        return (phrase, Radius(random, phrase));
    }

    private static int Radius(SceneRandom random, ShapePhrase phrase) => phrase.Size switch
    {
        ShapeSize.Small => random.Between(SmallLeast, SmallMost),
        ShapeSize.Large => random.Between(LargeLeast, LargeMost),
        _ => throw new ArgumentOutOfRangeException(nameof(phrase), phrase.Size, "There is no such size."),
    };

    private static ShapeItem Item(ShapePhrase phrase, int x, int y, int radius) =>
        new(phrase.Shape, phrase.Color, phrase.Size, x / Unit, y / Unit, radius / Unit);
}
