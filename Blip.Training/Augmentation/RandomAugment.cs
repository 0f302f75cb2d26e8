using System.Diagnostics;
using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>The authors' operations.</summary>
internal enum AugmentOperation
{
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
/// RandAugment with the settings of salesforce/BLIP, data/__init__.py: two operations with replacement, each with probability 1/2, at level
/// 5 of 10. At that level brightness and sharpness have factor 1 and change nothing.
/// </summary>
internal static class RandomAugment
{
    private const int Count = 2;
    private const double Level = 0.5, Probability = 0.5;
    private const double MaxDegrees = 30, MaxShear = 0.3, MaxOffset = 10;

    private static readonly AugmentOperation[] Operations = Enum.GetValues<AugmentOperation>();

    public static RgbImage Apply(RgbImage image, SampleRandom random)
    {
        foreach (var (operation, negative) in Draw(random))
            image = Apply(image, operation, Level, negative);
        return image;
    }

    /// <summary>The operations to apply, in order, and whether their level is negative.</summary>
    public static IReadOnlyList<(AugmentOperation Operation, bool Negative)> Draw(SampleRandom random)
    {
        var drawn = new List<(AugmentOperation, bool)>(Count);
        for (var i = 0; i < Count; i++)
        {
            // Every operation takes three numbers, so that the second does not depend on the first.
            var operation = Operations[random.Below(Operations.Length)];
            var (applied, negative) = (random.Next() < Probability, random.Next() < 0.5);
            if (applied)
                drawn.Add((operation, negative));
        }
        return drawn;
    }

    /// <summary>Applies an operation at a level of 0 to 1. A negative one goes the other way, where it has two directions.</summary>
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
