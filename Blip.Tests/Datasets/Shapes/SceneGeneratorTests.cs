using Blip.Datasets.Shapes;

namespace Blip.Tests.Datasets.Shapes;

public sealed class SceneGeneratorTests
{
    private static readonly ShapeScene[] Scenes = [.. Enumerable.Range(0, 3000).Select(i => new SceneGenerator(3).Scene(i))];

    [Fact]
    public void The_random_numbers_are_those_of_SplitMix64()
    {
        // The generator's published reference in C, from the state 1234567.
        var random = new SceneRandom(1234567UL);
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431];
        Assert.Equal(expected, Enumerable.Range(0, 4).Select(_ => random.Next()));
    }

    [Theory]
    [InlineData(0, 0,
        "224: a small red square above a small orange cross on a pink background; 0.3939 0.2732 0.1054; 0.4118 0.7563 0.1087")]
    [InlineData(0, 1,
        "160: a small orange star on a gray background; 0.5141 0.6640 0.1102")]
    [InlineData(7, 123_456,
        "224: a small blue circle left of a small white triangle on a pink background; 0.2661 0.5660 0.1164; 0.7707 0.5541 0.1136")]
    public void A_scene_is_the_same_on_every_machine(long seed, long index, string expected)
    {
        var scene = new SceneGenerator(seed).Scene(index);
        var items = scene.Items.Select(item => FormattableString.Invariant($"{item.X:F4} {item.Y:F4} {item.Radius:F4}"));
        Assert.Equal(expected, $"{scene.Side}: {ShapeCaption.Of(scene)}; {string.Join("; ", items)}");
    }

    [Fact]
    public void A_scene_depends_on_nothing_but_seed_and_index()
    {
        var (once, again, other) = (new SceneGenerator(3), new SceneGenerator(3), new SceneGenerator(4));
        Assert.Equal(Texts(once, Enumerable.Range(0, 50)), Texts(again, Enumerable.Range(0, 50).Reverse()).Reverse());
        Assert.NotEqual(Texts(once, Enumerable.Range(0, 50)), Texts(other, Enumerable.Range(0, 50)));

        static IEnumerable<string> Texts(SceneGenerator scenes, IEnumerable<int> indices) =>
            indices.Select(i => ShapeCaption.Of(scenes.Scene(i)).Text).ToList();
    }

    [Fact]
    public void Scenes_are_spread_as_the_training_images_were()
    {
        Assert.InRange(Scenes.Count(scene => scene.Items.Count == 1) / 3000.0, 0.32, 0.38);
        Assert.Equal([96, 160, 224], Scenes.Select(scene => scene.Side).Distinct().Order());
        var phrases = Scenes.SelectMany(scene => scene.Items).Select(item => (item.Size, item.Color, item.Shape)).Distinct().Count();
        Assert.Equal(2 * 8 * 6, phrases);
        Assert.All(
            Enum.GetValues<SceneBackground>(),
            background => Assert.InRange(Scenes.Count(scene => scene.Background == background), 650, 850));
    }

    [Fact]
    public void Shapes_lie_within_the_image_and_as_the_caption_says()
    {
        foreach (var scene in Scenes)
        {
            foreach (var item in scene.Items)
            {
                var (least, most) = item.Size == ShapeSize.Small ? (0.1, 0.117) : (0.188, 0.214);
                Assert.InRange(item.Radius, least, most);
                Assert.InRange(item.X, item.Radius, 1 - item.Radius);
                Assert.InRange(item.Y, item.Radius, 1 - item.Radius);
            }
            if (scene.Items is not [var first, var second])
                continue;
            var (right, down) = (second.X - first.X, second.Y - first.Y);
            var (along, across) = scene.Place == ShapePlace.LeftOf ? (right, down) : (down, right);
            Assert.True(along > 0.4 && Math.Abs(across) < 0.1, $"{ShapeCaption.Of(scene)}");
            Assert.NotEqual((first.Size, first.Color, first.Shape), (second.Size, second.Color, second.Shape));
        }
    }

    [Fact]
    public void Options_choose_sides_and_the_share_of_single_shapes()
    {
        var scenes = new SceneGenerator(0, new SceneOptions { Sides = [64], SingleShare = 1 });
        Assert.All(Enumerable.Range(0, 100).Select(i => scenes.Scene(i)), scene => Assert.Equal((64, 1), (scene.Side, scene.Items.Count)));
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused()
    {
        Refused("Sides are 8;", new SceneOptions { Sides = [8] });
        Refused("Sides are ;", new SceneOptions { Sides = [] });
        Refused("SingleShare is NaN", new SceneOptions { SingleShare = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SceneGenerator(0).Scene(-1));

        static void Refused(string message, SceneOptions options) =>
            Assert.StartsWith(
                message, Assert.Throws<ArgumentException>(() => new SceneGenerator(0, options)).Message, StringComparison.Ordinal);
    }
}
