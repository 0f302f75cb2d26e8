using Blip.Datasets.Shapes;
using Blip.Tests.Cli;

namespace Blip.Tests.Datasets.Shapes;

public sealed class ShapeCaptionTests
{
    private static readonly ShapeItem Ring = new(Shape.Ring, ShapeColor.White, ShapeSize.Large, 0.5, 0.5, 0.2);

    [Fact]
    public void Sentences_are_those_of_the_samples()
    {
        foreach (var (_, scene, caption, _) in ShapeSamples.All())
            Assert.Equal(caption, ShapeCaption.Of(scene).Text);
        Assert.Equal(
            "a large white ring on a cyan background", ShapeCaption.Of(new ShapeScene(SceneBackground.Cyan, [Ring], null, 96)).ToString());
    }

    [Fact]
    public void The_demo_checkpoints_know_every_word()
    {
        string[] known = File.ReadAllLines(Path.Combine(Demo.Model, "vocab.txt"));
        var scenes = new SceneGenerator(1);
        var words = Enumerable.Range(0, 1000).SelectMany(i => ShapeCaption.Of(scenes.Scene(i)).Text.Split(' ')).Distinct().ToList();
        Assert.Empty(words.Except(known));
        Assert.Equal(6 + 8 + 2 + 4 + 3 + 3, words.Count);
    }

    [Fact]
    public void A_scene_without_a_caption_cannot_be_made()
    {
        Assert.Throws<ArgumentException>(() => new ShapeScene(SceneBackground.Gray, [], null, 96));
        Assert.Throws<ArgumentException>(() => new ShapeScene(SceneBackground.Gray, [Ring, Ring], null, 96));
        Assert.Throws<ArgumentException>(() => new ShapeScene(SceneBackground.Gray, [Ring], ShapePlace.Above, 96));
        Assert.Throws<ArgumentException>(() => new ShapeScene(SceneBackground.Gray, [Ring, Ring, Ring], ShapePlace.Above, 96));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShapeScene(SceneBackground.Gray, [Ring], null, 4));
    }
}
