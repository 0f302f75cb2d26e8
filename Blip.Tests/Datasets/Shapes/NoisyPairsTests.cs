using Blip.Datasets.Shapes;

namespace Blip.Tests.Datasets.Shapes;

public sealed class NoisyPairsTests
{
    private const int Count = 4000;

    private static readonly Dictionary<WrongDetail, string[]> Words = new()
    {
        [WrongDetail.Color] = Lower<ShapeColor>(),
        [WrongDetail.Size] = Lower<ShapeSize>(),
        [WrongDetail.Background] = Lower<SceneBackground>(),
        [WrongDetail.Shape] = Lower<Shape>(),
    };

    private static readonly NoisyPair[] Default = Pairs(new NoisyPairsOptions { Seed = 1 });
    private static readonly NoisyPair[] Every = Pairs(new NoisyPairsOptions
    {
        Seed = 1,
        RightShare = 0,
        DetailShare = 1,
        DetailWeights = NoisyPairsOptions.EveryDetail,
    });

    [Fact]
    public void Kinds_have_the_shares_that_were_asked_for()
    {
        Assert.InRange(Share(Default, pair => pair.Truth == PairTruth.Right), 0.47, 0.53);
        Assert.InRange(Share(Default, pair => pair.Truth == PairTruth.Detail), 0.22, 0.28);
        Assert.DoesNotContain(Default, pair => pair.Detail == WrongDetail.Swap);
        var weights = new Dictionary<WrongDetail, double> { [WrongDetail.Color] = 3, [WrongDetail.Size] = 1 };
        var pairs = Pairs(new NoisyPairsOptions { RightShare = 0.1, DetailShare = 0.2, DetailWeights = weights });
        Assert.InRange(Share(pairs, pair => pair.Truth == PairTruth.Other), 0.67, 0.73);
        Assert.InRange(Share([.. pairs.Where(pair => pair.Detail is not null)], pair => pair.Detail == WrongDetail.Color), 0.7, 0.8);
    }

    [Fact]
    public void Every_detail_is_wrong_about_equally_often_where_it_can_be()
    {
        var twos = Every.Where(pair => pair.Scene.Items.Count == 2).ToArray();
        Assert.All(Enum.GetValues<WrongDetail>(), detail => Assert.InRange(Share(twos, pair => pair.Detail == detail), 0.14, 0.195));
        Assert.DoesNotContain(Every, pair => pair.Scene.Items.Count == 1 && pair.Detail is (WrongDetail.Place or WrongDetail.Swap));
    }

    [Fact]
    public void A_wrong_text_differs_from_the_true_one_in_exactly_one_detail()
    {
        foreach (var pair in Every)
        {
            Assert.Equal(PairTruth.Detail, pair.Truth);
            Assert.NotEqual(pair.TrueText, pair.Text);
            switch (pair.Detail)
            {
                case WrongDetail.Place:
                    Assert.Equal(pair.TrueText, Mirrored(pair.Text));
                    break;
                case WrongDetail.Swap:
                    Assert.Equal(pair.TrueText, Swapped(pair.Text));
                    break;
                default:
                    var (before, after) = (pair.TrueText.Split(' '), pair.Text.Split(' '));
                    Assert.Equal(before.Length, after.Length);
                    var (old, now) = Assert.Single(before.Zip(after), words => words.First != words.Second);
                    Assert.Contains(old, Words[pair.Detail!.Value]);
                    Assert.Contains(now, Words[pair.Detail.Value]);
                    break;
            }
        }
    }

    [Fact]
    public void Either_shape_of_two_may_be_the_wrong_one()
    {
        var twos = Every.Where(pair => pair.Scene.Items.Count == 2 && pair.Detail == WrongDetail.Color).ToArray();
        Assert.InRange(Share(twos, pair => pair.TrueText.Split(' ')[2] != pair.Text.Split(' ')[2]), 0.4, 0.6);
    }

    [Fact]
    public void Right_texts_are_true_and_other_images_texts_are_not()
    {
        foreach (var pair in Default)
        {
            Assert.Equal(ShapeCaption.Of(pair.Scene).Text, pair.TrueText);
            Assert.Equal(pair.Truth == PairTruth.Right, pair.Text == pair.TrueText);
            Assert.Equal(pair.Truth == PairTruth.Detail, pair.Detail is not null);
        }
        // Few shapes make equal scenes likely; their texts must not pass for another image's.
        var alike = Pairs(new NoisyPairsOptions { RightShare = 0, DetailShare = 0, Scenes = new SceneOptions { SingleShare = 1 } });
        Assert.All(alike, pair => Assert.NotEqual(pair.TrueText, pair.Text));
    }

    [Fact]
    public void A_pair_depends_on_options_and_index_alone()
    {
        var set = new NoisyPairs(new NoisyPairsOptions { Seed = 1 });
        Assert.Equal(
            Default.Take(100).Select(pair => pair.Text).Reverse(), Enumerable.Range(0, 100).Reverse().Select(i => set.Pair(i).Text));
        Assert.NotEqual(Default.Take(100).Select(pair => pair.Text), Enumerable.Range(0, 100).Select(i => new NoisyPairs().Pair(i).Text));
    }

    [Fact]
    public void What_cannot_be_is_refused_by_name()
    {
        Refused("RightShare is 1.5", new NoisyPairsOptions { RightShare = 1.5 });
        Refused("DetailShare is 0.6 beside a RightShare of 0.5", new NoisyPairsOptions { DetailShare = 0.6 });
        Refused("The weight of Color is -1", Weight(WrongDetail.Color, -1));
        Refused("DetailWeights has no detail", Weight(WrongDetail.Swap, 1));

        static NoisyPairsOptions Weight(WrongDetail detail, double weight) =>
            new() { DetailWeights = new Dictionary<WrongDetail, double> { [detail] = weight } };

        static void Refused(string message, NoisyPairsOptions options) =>
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new NoisyPairs(options)).Message, StringComparison.Ordinal);
    }

    private static NoisyPair[] Pairs(NoisyPairsOptions options)
    {
        var set = new NoisyPairs(options);
        return [.. Enumerable.Range(0, Count).Select(i => set.Pair(i))];
    }

    private static double Share(NoisyPair[] pairs, Func<NoisyPair, bool> counts) => (double)pairs.Count(counts) / pairs.Length;

    private static string[] Lower<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];

    private static string Mirrored(string text) => text.Contains(" left of ", StringComparison.Ordinal)
        ? text.Replace(" left of ", " above ", StringComparison.Ordinal)
        : text.Replace(" above ", " left of ", StringComparison.Ordinal);

    private static string Swapped(string text)
    {
        var place = text.Contains(" left of ", StringComparison.Ordinal) ? " left of " : " above ";
        var (shapes, background) = text.Split(" on ") is [var a, var b] ? (a, b) : throw new InvalidDataException(text);
        return shapes.Split(place) is [var first, var second]
            ? $"{second}{place}{first} on {background}"
            : throw new InvalidDataException(text);
    }
}
