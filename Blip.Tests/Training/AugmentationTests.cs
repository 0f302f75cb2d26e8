using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using Blip.Training;
using Blip.Training.Augmentation;

namespace Blip.Tests.Training;

public class AugmentationTests
{
    private static readonly RgbImage Photo = ImageDecoder.Decode(GoldenModel.Folder("augment", "input-0.png"));

    [Fact]
    public void Draws_follow_from_seed_epoch_key_and_purpose_alone()
    {
        var first = Numbers(1, 2, "a", RandomPurpose.Crop);

        Assert.Equal(first, Numbers(1, 2, "a", RandomPurpose.Crop));
        double[][] others =
        [
            Numbers(9, 2, "a", RandomPurpose.Crop), Numbers(1, 3, "a", RandomPurpose.Crop), Numbers(1, 2, "b", RandomPurpose.Crop),
            .. Enum.GetValues<RandomPurpose>().Except([RandomPurpose.Crop]).Select(purpose => Numbers(1, 2, "a", purpose)),
        ];
        Assert.All(others, other => Assert.Empty(first.Intersect(other)));
        Assert.All(first, number => Assert.InRange(number, 0, 1 - 1e-10));

        static double[] Numbers(long seed, int epoch, string key, RandomPurpose purpose)
        {
            var random = new SampleRandom(seed, epoch, key, purpose);
            return [.. Enumerable.Range(0, 9).Select(_ => random.Next())];
        }
    }

    [Fact]
    public void Draws_are_spread_evenly()
    {
        var counts = new int[10];
        var random = new SampleRandom(0, 0, "x", RandomPurpose.Order);
        for (var i = 0; i < 10_000; i++)
            counts[random.Below(10)]++;

        // Six standard deviations of a binomial draw: 30.
        Assert.All(counts, count => Assert.InRange(count, 820, 1180));
    }

    [Fact]
    public void The_same_image_comes_out_on_any_thread_in_any_order()
    {
        var transform = new TrainingTransform(32, 0.5, augment: true, flip: true, seed: 5);
        var keys = Enumerable.Range(0, 40).Select(i => $"sample-{i}").ToArray();
        var expected = keys.Select(key => transform.Apply(Photo, ["a cat"], epoch: 1, key).Pixels).ToArray();

        var actual = new byte[keys.Length][];
        Parallel.For(0, keys.Length, i => actual[^(i + 1)] = transform.Apply(Photo, ["a cat"], epoch: 1, keys[^(i + 1)]).Pixels);

        Assert.Equal(expected, actual);
        Assert.Equal(keys.Length, expected.Select(Convert.ToHexString).Distinct().Count());
        Assert.NotEqual(expected[0], transform.Apply(Photo, ["a cat"], epoch: 2, keys[0]).Pixels);
    }

    [Theory]
    [InlineData("a dog to the left of a car", true)]
    [InlineData("the RIGHT door", true)]
    [InlineData("the leftmost ring", true)]
    [InlineData("right-hand traffic", true)]
    [InlineData("a bright copyright sign", false)]
    [InlineData("leftovers on a plate", false)]
    [InlineData("", false)]
    public void A_text_names_a_side_by_the_words_left_and_right(string text, bool names) =>
        Assert.Equal(names, TrainingTransform.NamesASide(text));

    [Fact]
    public void Images_whose_text_names_a_side_are_never_mirrored_and_half_of_the_others_are()
    {
        var flips = new TrainingTransform(24, 1, augment: true, flip: true, seed: 1);
        var plain = new TrainingTransform(24, 1, augment: true, flip: false, seed: 1);
        var (mirrored, told) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            var key = $"{i}";
            mirrored += Differ(flips.Apply(Photo, ["a cat"], 0, key), plain.Apply(Photo, ["a cat"], 0, key));
            told += Differ(flips.Apply(Photo, ["a cat", "a cat on the left"], 0, key), plain.Apply(Photo, ["a cat"], 0, key));
        }

        Assert.InRange(mirrored, 70, 130);
        Assert.Equal(0, told);

        static int Differ(RgbImage a, RgbImage b) => a.Pixels.AsSpan().SequenceEqual(b.Pixels) ? 0 : 1;
    }

    [Fact]
    public void Without_augmentation_an_image_is_resized_as_for_inference()
    {
        using var device = Device.Open("cpu");
        using var resampler = new Blip.Kernels.Resampler(device);
        var expected = new byte[3 * 48 * 48];
        var view = resampler.Resize(Photo.Pixels, Photo.Width, Photo.Height, 48, 48, Blip.Kernels.ResamplingFilter.Bicubic);
        for (var i = 0; i < expected.Length; i++)
            expected[i] = view[i];

        var actual = new TrainingTransform(48, 0.5, augment: false, flip: true, seed: 0).Apply(Photo, [], 3, "any");

        Assert.Equal(expected, actual.Pixels);
    }

    [Theory]
    [InlineData(640, 480)]
    [InlineData(100, 1000)]
    [InlineData(1000, 10)]
    [InlineData(1, 1)]
    public void A_crop_lies_within_the_image_and_has_its_share_and_ratio(int width, int height)
    {
        for (var i = 0; i < 500; i++)
        {
            var box = RandomResizedCrop.Draw(width, height, 0.2, new SampleRandom(3, 0, $"{i}", RandomPurpose.Crop));
            Assert.True(box.Left >= 0 && box.Top >= 0 && box.Width > 0 && box.Height > 0, $"{box}");
            Assert.True(box.Left + box.Width <= width && box.Top + box.Height <= height, $"{box}");
            if (width > 100 && height > 100)
            {
                Assert.InRange(box.Width * (double)box.Height / (width * height), 0.195, 1);
                Assert.InRange(box.Width / (double)box.Height, 0.74, 1.35);
            }
        }
    }

    [Fact]
    public void Operations_are_drawn_evenly_and_half_of_them_are_applied()
    {
        var drawn = Enumerable.Range(0, 2000)
            .SelectMany(i => RandomAugment.Draw(new SampleRandom(7, 0, $"{i}", RandomPurpose.Operations))).ToList();

        Assert.InRange(drawn.Count, 1850, 2150);
        Assert.Equal(10, drawn.Select(one => one.Operation).Distinct().Count());
        Assert.All(drawn.CountBy(one => one.Operation), pair => Assert.InRange(pair.Value, 130, 270));
        Assert.InRange(drawn.Count(one => one.Negative), 850, 1150);
    }

    [Fact]
    public void At_the_authors_level_brightness_and_sharpness_change_nothing()
    {
        foreach (var operation in (AugmentOperation[])[AugmentOperation.Identity, AugmentOperation.Brightness, AugmentOperation.Sharpness])
            Assert.Equal(Photo.Pixels, RandomAugment.Apply(Photo, operation, 0.5, negative: false).Pixels);
        Assert.Equal(
            ImageWarp.Rotate(Photo, -15).Pixels, RandomAugment.Apply(Photo, AugmentOperation.Rotate, 0.5, negative: true).Pixels);
        Assert.Equal(
            ImageWarp.TranslateX(Photo, 5).Pixels, RandomAugment.Apply(Photo, AugmentOperation.TranslateX, 0.5, negative: false).Pixels);
    }

    [Fact]
    public void A_box_outside_of_the_image_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => ImageCrop.Resize(Photo, new CropBox(120, 0, 20, 20), 8, 8));

        Assert.Contains("not within", error.Message, StringComparison.Ordinal);
    }
}
