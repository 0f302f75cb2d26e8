using System.Diagnostics;
using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>The operations that the authors draw from.</summary>
internal enum AugmentOperation
{
    /// <summary>Changes nothing.</summary>
    Identity,

    /// <summary><see cref="ImageLevels.AutoContrast"/>.</summary>
    AutoContrast,

    /// <summary><see cref="ImageLevels.Brightness"/>.</summary>
    Brightness,

    /// <summary><see cref="ImageLevels.Sharpness"/>.</summary>
    Sharpness,

    /// <summary><see cref="ImageLevels.Equalize"/>.</summary>
    Equalize,

    /// <summary><see cref="ImageWarp.ShearX"/>.</summary>
    ShearX,

    /// <summary><see cref="ImageWarp.ShearY"/>.</summary>
    ShearY,

    /// <summary><see cref="ImageWarp.TranslateX"/>.</summary>
    TranslateX,

    /// <summary><see cref="ImageWarp.TranslateY"/>.</summary>
    TranslateY,

    /// <summary><see cref="ImageWarp.Rotate"/>.</summary>
    Rotate,
}

/// <summary>
/// RandAugment with the authors' settings (salesforce/BLIP, data/__init__.py): two operations drawn with replacement, each applied with
/// probability 1/2, at level 5 of 10. Brightness and sharpness have the factor 1 there, and change nothing.
/// </summary>
internal static class RandomAugment
{
    private const int Count = 2;
    private const double Level = 0.5, Probability = 0.5;
    private const double MaxDegrees = 30, MaxShear = 0.3, MaxOffset = 10;

    private static readonly AugmentOperation[] Operations = Enum.GetValues<AugmentOperation>();

    /// <summary>Draws operations and applies them.</summary>
    public static RgbImage Apply(RgbImage image, SampleRandom random)
    {
        foreach (var (operation, negative) in Draw(random))
            image = Apply(image, operation, Level, negative);
        return image;
    }

    /// <summary>The operations of a sample that are applied, in order, and whether their level is negative.</summary>
    public static IReadOnlyList<(AugmentOperation Operation, bool Negative)> Draw(SampleRandom random)
    {
        var drawn = new List<(AugmentOperation, bool)>(Count);
        for (var i = 0; i < Count; i++)
        {
            // Three numbers for each, whether they are needed or not: the second operation does not depend on the first.
            var operation = Operations[random.Below(Operations.Length)];
            var (applied, negative) = (random.Next() < Probability, random.Next() < 0.5);
            if (applied)
                drawn.Add((operation, negative));
        }
        return drawn;
    }

    /// <summary>Applies an operation.</summary>
    /// <param name="image">The image.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="level">Its strength, 0 to 1.</param>
    /// <param name="negative">The other way round, where it has two directions.</param>
    public static RgbImage Apply(RgbImage image, AugmentOperation operation, double level, bool negative)
    {
        var signed = negative ? -level : level;
        var factor = (level * 1.8) + 0.1;
        return operation switch
        {
            AugmentOperation.Identity => image,
            AugmentOperation.AutoContrast => ImageLevels.AutoContrast(image),
            AugmentOperation.Brightness => ImageLevels.Brightness(image, factor),
            AugmentOperation.Sharpness => ImageLevels.Sharpness(image, factor),
            AugmentOperation.Equalize => ImageLevels.Equalize(image),
            AugmentOperation.ShearX => ImageWarp.ShearX(image, signed * MaxShear),
            AugmentOperation.ShearY => ImageWarp.ShearY(image, signed * MaxShear),
            AugmentOperation.TranslateX => ImageWarp.TranslateX(image, signed * MaxOffset),
            AugmentOperation.TranslateY => ImageWarp.TranslateY(image, signed * MaxOffset),
            AugmentOperation.Rotate => ImageWarp.Rotate(image, signed * MaxDegrees),
            _ => throw new UnreachableException($"There is no operation {operation}."),
        };
    }
}
